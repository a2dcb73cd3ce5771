/* How good clusters are and how many there are: silhouettes, dispersion, agreement, gap, stability, choice. */
#include "check.h"
#include "iris.h"

#include <stdint.h>

static int near(double value, double expected, double tolerance) { return fabs(value - expected) <= tolerance; }

/* So many groups of twenty, 1 wide and 10 apart. */
enum { GROUP = 20, MOST_GROUPS = 4 };
static double GROUPS[GROUP * MOST_GROUPS];

static size_t groups(size_t count) {
    for (size_t row = 0; row < GROUP * count; row++)
        GROUPS[row] = (double)(row % GROUP) / GROUP + 10.0 * (double)(row / GROUP);
    return GROUP * count;
}

static size_t evenly(size_t rows) {
    for (size_t row = 0; row < rows; row++) GROUPS[row] = (double)row;
    return rows;
}

static void agreement(void) {
    /* scikit-learn: adjusted_rand_score. */
    const uint32_t a[] = {0, 0, 1, 2}, b[] = {0, 0, 1, 1}, c[] = {5, 5, 70000, 70000}, d[] = {0, 1, 0, 1};
    double index = -9.0;
    OK(crm_adjusted_rand_index(a, b, 4, &index));
    CHECK(near(index, 0.5714285714285715, 1e-15));
    OK(crm_adjusted_rand_index(b, c, 4, &index));
    CHECK(index == 1.0);
    OK(crm_adjusted_rand_index(b, d, 4, &index));
    CHECK(near(index, -0.5, 1e-15));
    FAILS(crm_adjusted_rand_index(a, b, 0, &index), CRM_STATUS_EMPTY, "left");
    FAILS(crm_adjusted_rand_index(NULL, b, 4, &index), CRM_STATUS_NULL_POINTER, "left");
    FAILS(crm_adjusted_rand_index(a, NULL, 4, &index), CRM_STATUS_NULL_POINTER, "right");
    FAILS(crm_adjusted_rand_index(a, b, 4, NULL), CRM_STATUS_NULL_POINTER, "out");
    CHECK(near(index, -0.5, 1e-15));
}

/* scikit-learn, of the labels of KMeans(3): silhouette_score, calinski_harabasz_score, davies_bouldin_score. */
static void quality_of_iris(void) {
    crm_k_means_options options;
    uint32_t labels[IRIS_ROWS];
    double values[IRIS_ROWS], sum = 0.0, inertia;
    crm_k_means *model = NULL;
    OK(crm_k_means_options_init(&options, sizeof options, 3));
    OK(crm_k_means_fit(iris(), IRIS_ROWS, IRIS_FEATURES, CRM_LAYOUT_ROWS, NULL, &options, labels, &model));
    OK(crm_k_means_inertia(model, &inertia));
    crm_k_means_free(model);

    crm_silhouette_report *report = NULL;
    crm_silhouette_summary summary = {.struct_size = sizeof summary};
    crm_cluster_silhouette cluster = {.struct_size = sizeof cluster};
    OK(crm_silhouette_report_new(iris(), IRIS_ROWS, IRIS_FEATURES, CRM_LAYOUT_ROWS, labels, NULL, &report));
    OK(crm_silhouette_report_summary(report, &summary));
    CHECK(near(summary.mean, 0.552819, 5e-7) && summary.standard_error == 0.0 && summary.clusters == 3);
    CHECK(summary.sampled_rows == IRIS_ROWS);
    OK(crm_silhouette_values(iris(), IRIS_ROWS, IRIS_FEATURES, CRM_LAYOUT_ROWS, labels, 1, values));
    size_t negative = 0;
    for (size_t row = 0; row < IRIS_ROWS; row++) sum += values[row], negative += values[row] < 0.0;
    CHECK(near(sum / IRIS_ROWS, summary.mean, 1e-14));
    CHECK(near(summary.negative_share, (double)negative / IRIS_ROWS, 1e-15));
    CHECK(crm_silhouette_report_length(report) == 3);
    sum = 0.0;
    for (uint32_t number = 0; number < 3; number++) {
        OK(crm_silhouette_report_cluster(report, number, &cluster));
        CHECK(cluster.cluster == number && cluster.rows == cluster.sampled_rows && cluster.reserved == 0);
        sum += cluster.mean * (double)cluster.rows;
    }
    CHECK(near(sum / IRIS_ROWS, summary.mean, 1e-14));
    FAILS(crm_silhouette_report_cluster(report, 3, &cluster), CRM_STATUS_OUT_OF_RANGE, "index");
    cluster.struct_size = 1;
    FAILS(crm_silhouette_report_cluster(report, 0, &cluster), CRM_STATUS_INVALID_ARGUMENT, "out.struct_size");
    crm_silhouette_report_free(report);

    crm_dispersion dispersion = {.struct_size = sizeof dispersion};
    OK(crm_dispersion_evaluate(iris(), IRIS_ROWS, IRIS_FEATURES, CRM_LAYOUT_ROWS, labels, 0, &dispersion));
    CHECK(dispersion.clusters == 3 && near(dispersion.within, inertia, 1e-10));
    CHECK(near(dispersion.total, dispersion.within + dispersion.between, 1e-9));
    CHECK(near(dispersion.calinski_harabasz, 561.62776, 5e-6) && near(dispersion.davies_bouldin, 0.661972, 5e-7));
}

static void silhouettes_by_hand(void) {
    /* Row 0: a = 1, b = 7.5; row 1: a = 1, b = 6.5. Numbers without rows are no clusters. */
    const double values[] = {1.0, 2.0, 8.0, 9.0};
    const uint32_t labels[] = {0, 0, 4, 4};
    double each[4];
    OK(crm_silhouette_values(values, 4, 1, CRM_LAYOUT_COLUMNS, labels, 0, each));
    CHECK(near(each[0], 6.5 / 7.5, 1e-15) && near(each[1], 5.5 / 6.5, 1e-15) && near(each[3], each[0], 1e-15));

    crm_silhouette_options options;
    crm_silhouette_report *report = NULL;
    crm_silhouette_summary summary = {.struct_size = sizeof summary};
    crm_cluster_silhouette cluster = {.struct_size = sizeof cluster};
    OK(crm_silhouette_options_init(&options, sizeof options));
    options.sample = 1;
    OK(crm_silhouette_report_new(values, 4, 1, CRM_LAYOUT_ROWS, labels, &options, &report));
    OK(crm_silhouette_report_summary(report, &summary));
    CHECK(isinf(summary.standard_error) && summary.sampled_rows == 1 && summary.clusters == 2);
    size_t not_looked_at = 0;
    for (size_t index = 0; index < 2; index++) {
        OK(crm_silhouette_report_cluster(report, index, &cluster));
        CHECK(cluster.cluster == 4 * index && cluster.rows == 2);
        not_looked_at += isnan(cluster.mean) && cluster.sampled_rows == 0;
    }
    CHECK(not_looked_at == 1);
    crm_silhouette_report_free(report);

    crm_dispersion dispersion = {.struct_size = sizeof dispersion};
    const double four[] = {1.0, 3.0, 9.0, 11.0};
    OK(crm_dispersion_evaluate(four, 4, 1, CRM_LAYOUT_ROWS, labels, 1, &dispersion));
    CHECK(dispersion.total == 68.0 && dispersion.within == 4.0 && dispersion.between == 64.0);
    CHECK(dispersion.calinski_harabasz == 32.0 && dispersion.davies_bouldin == 0.25);
}

static void quality_refuses(void) {
    const double values[] = {1.0, 2.0, 8.0, NAN};
    const uint32_t labels[] = {0, 0, 1, 1}, one[] = {3, 3, 3, 3}, each[] = {0, 1, 2, 3}, large[] = {0, 1, 65536, 1};
    double out[4] = {-9.0};
    crm_silhouette_options options;
    crm_silhouette_report *report = (crm_silhouette_report *)out;
    crm_silhouette_summary summary = {.struct_size = sizeof summary};
    crm_dispersion dispersion = {.struct_size = sizeof dispersion};
    FAILS(crm_silhouette_values(values, 4, 1, 0, labels, 0, out), CRM_STATUS_INVALID_VALUE, "feature 0");
    CHECK(crm_last_error_row() == 3);
    size_t rows = groups(1);
    CHECK(rows >= 4);
    FAILS(crm_silhouette_values(GROUPS, 4, 1, 0, one, 0, out), CRM_STATUS_INVALID_ARGUMENT, "labels");
    FAILS(crm_silhouette_values(GROUPS, 4, 1, 0, each, 0, out), CRM_STATUS_INVALID_ARGUMENT, "labels");
    FAILS(crm_silhouette_values(GROUPS, 4, 1, 0, large, 0, out), CRM_STATUS_INVALID_VALUE, "labels");
    CHECK(crm_last_error_row() == 2);
    FAILS(crm_silhouette_values(GROUPS, 4, 1, 0, NULL, 0, out), CRM_STATUS_NULL_POINTER, "labels");
    FAILS(crm_silhouette_values(GROUPS, 4, 1, 0, labels, 0, NULL), CRM_STATUS_NULL_POINTER, "out");
    FAILS(crm_silhouette_values(GROUPS, 4, 1, 0, labels, 5000, out), CRM_STATUS_INVALID_ARGUMENT, "threads");
    FAILS(crm_silhouette_values(GROUPS, 0, 1, 0, labels, 0, out), CRM_STATUS_EMPTY, "values");
    CHECK(out[0] == -9.0);
    FAILS(crm_dispersion_evaluate(GROUPS, 4, 1, 7, labels, 0, &dispersion), CRM_STATUS_INVALID_ARGUMENT, "layout");
    FAILS(crm_dispersion_evaluate(GROUPS, 4, 1, 0, one, 0, &dispersion), CRM_STATUS_INVALID_ARGUMENT, "labels");
    FAILS(crm_dispersion_evaluate(GROUPS, 4, 1, 0, labels, 0, NULL), CRM_STATUS_NULL_POINTER, "out");
    dispersion.struct_size = 0;
    FAILS(crm_dispersion_evaluate(GROUPS, 4, 1, 0, labels, 0, &dispersion), CRM_STATUS_INVALID_ARGUMENT,
          "out.struct_size");

    OK(crm_silhouette_options_init(&options, sizeof options));
    options.sample = 0;
    FAILS(crm_silhouette_report_new(GROUPS, 4, 1, 0, labels, &options, &report), CRM_STATUS_INVALID_ARGUMENT, "sample");
    CHECK(report == NULL);
    FAILS(crm_silhouette_report_new(GROUPS, 4, 1, 0, labels, NULL, NULL), CRM_STATUS_NULL_POINTER, "out");
    FAILS(crm_silhouette_report_summary(NULL, &summary), CRM_STATUS_NULL_POINTER, "report");
    CHECK(crm_silhouette_report_length(NULL) == 0 && strcmp(crm_last_error_argument(), "report") == 0);
    FAILS(crm_silhouette_options_init(&options, 5), CRM_STATUS_INVALID_ARGUMENT, "options.struct_size");
    crm_silhouette_report_free(NULL);
}

static void gap(void) {
    crm_gap_options options;
    crm_gap_row row = {.struct_size = sizeof row};
    crm_gap *found = NULL;
    OK(crm_gap_options_init(&options, sizeof options));
    options.references = 10;
    for (int32_t reference = CRM_GAP_REFERENCE_PRINCIPAL_COMPONENTS; reference <= CRM_GAP_REFERENCE_FEATURE_RANGES;
         reference++) {
        options.reference = reference;
        OK(crm_gap_new(GROUPS, groups(2), 1, CRM_LAYOUT_ROWS, 4, &options, &found));
        CHECK(crm_gap_length(found) == 4 && crm_gap_choice(found) == 2 && crm_gap_sampled_rows(found) == 40);
        OK(crm_gap_at(found, 0, &row));
        CHECK(row.clusters == 1 && isnan(row.silhouette) && isnan(row.reference_silhouette));
        double one = row.gap;
        OK(crm_gap_at(found, 1, &row));
        CHECK(row.clusters == 2 && row.gap > one + row.standard_error && row.silhouette > row.reference_silhouette);
        CHECK(row.reference_silhouette_error > 0.0);
        FAILS(crm_gap_at(found, 4, &row), CRM_STATUS_OUT_OF_RANGE, "index");
        crm_gap_free(found);
    }
    OK(crm_gap_new(GROUPS, evenly(40), 1, CRM_LAYOUT_ROWS, 3, NULL, &found));
    CHECK(crm_gap_choice(found) == 1);
    crm_gap_free(found);

    FAILS(crm_gap_new(GROUPS, 40, 1, 0, 1, NULL, &found), CRM_STATUS_INVALID_ARGUMENT, "most_clusters");
    CHECK(found == NULL);
    FAILS(crm_gap_new(GROUPS, 40, 1, 0, 41, NULL, &found), CRM_STATUS_INVALID_ARGUMENT, "most_clusters");
    options.reference = 2;
    FAILS(crm_gap_new(GROUPS, 40, 1, 0, 3, &options, &found), CRM_STATUS_INVALID_ARGUMENT, "reference");
    options.reference = 0;
    options.references = 1;
    FAILS(crm_gap_new(GROUPS, 40, 1, 0, 3, &options, &found), CRM_STATUS_INVALID_ARGUMENT, "references");
    options.reserved = 1;
    FAILS(crm_gap_new(GROUPS, 40, 1, 0, 3, &options, &found), CRM_STATUS_INVALID_ARGUMENT, "reserved");
    FAILS(crm_gap_new(NULL, 40, 1, 0, 3, NULL, &found), CRM_STATUS_NULL_POINTER, "values");
    FAILS(crm_gap_at(NULL, 0, &row), CRM_STATUS_NULL_POINTER, "gap");
    CHECK(crm_gap_length(NULL) == 0 && crm_gap_choice(NULL) == 0 && crm_gap_sampled_rows(NULL) == 0);
    CHECK(strcmp(crm_last_error_argument(), "gap") == 0);
    crm_gap_free(NULL);
}

static void stability(void) {
    crm_stability_options options;
    crm_stability out = {.struct_size = sizeof out};
    double indices[6] = {0.0};
    OK(crm_stability_options_init(&options, sizeof options));
    options.pairs = 5;
    indices[5] = -9.0;
    OK(crm_stability_evaluate(GROUPS, groups(2), 1, CRM_LAYOUT_ROWS, 2, &options, &out, indices, 6));
    CHECK(out.clusters == 2 && out.mean == 1.0 && out.standard_deviation == 0.0 && out.sampled_rows == 40);
    for (size_t pair = 0; pair < 5; pair++) CHECK(indices[pair] == 1.0);
    CHECK(indices[5] == -9.0);
    OK(crm_stability_evaluate(GROUPS, 40, 1, CRM_LAYOUT_ROWS, 5, NULL, &out, NULL, 0));
    CHECK(out.clusters == 5 && out.mean < 0.9 && out.standard_deviation > 0.0);

    FAILS(crm_stability_evaluate(GROUPS, 40, 1, 0, 2, &options, &out, indices, 4), CRM_STATUS_LENGTH_MISMATCH,
          "capacity");
    FAILS(crm_stability_evaluate(GROUPS, 40, 1, 0, 1, &options, &out, NULL, 0), CRM_STATUS_INVALID_ARGUMENT, "clusters");
    FAILS(crm_stability_evaluate(GROUPS, 40, 1, 0, 41, &options, &out, NULL, 0), CRM_STATUS_INVALID_ARGUMENT,
          "clusters");
    FAILS(crm_stability_evaluate(GROUPS, 40, 1, 0, 2, &options, NULL, NULL, 0), CRM_STATUS_NULL_POINTER, "out");
    options.pairs = 1;
    FAILS(crm_stability_evaluate(GROUPS, 40, 1, 0, 2, &options, &out, NULL, 0), CRM_STATUS_INVALID_ARGUMENT, "pairs");
    CHECK(out.clusters == 5);
}

static crm_choice_options quick(void) {
    crm_choice_options options;
    OK(crm_choice_options_init(&options, sizeof options));
    options.to = 5;
    options.gap_references = 10;
    options.stability_pairs = 5;
    return options;
}

static void choice(void) {
    crm_choice_options options = quick();
    crm_cluster_choice *found = NULL;
    crm_choice_summary summary = {.struct_size = sizeof summary};
    crm_choice_row row = {.struct_size = sizeof row};
    size_t vote = 9;
    OK(crm_cluster_choice_new(GROUPS, groups(3), 1, CRM_LAYOUT_ROWS, &options, &found));
    OK(crm_cluster_choice_summary(found, &summary));
    CHECK(summary.recommended == 3 && summary.runner_up == 0 && isfinite(summary.gap_of_one));
    /* Two clusters take away 0.7495 of the inertia that five do and three 0.9994, which lies 0.4995 and 0.4994 above the
     * straight line: the knee is at two, which is not supported and so has no vote. */
    CHECK(summary.knee == 2 && crm_cluster_choice_length(found) == 4);
    CHECK(summary.gap_choice == 1 && strstr(crm_cluster_choice_reason(found, 3), "would stop at 1") != NULL);
    /* 20 times the variances of a group and of the three means. */
    CHECK(near(summary.total, 60.0 * 399.0 / 4800.0 + 20.0 * 200.0, 1e-9));
    for (size_t index = 0; index < 4; index++) {
        OK(crm_cluster_choice_row(found, index, &row));
        CHECK(row.clusters == index + 2 && row.inertia > 0.0 && row.silhouette > 0.0 && row.gap_standard_error > 0.0);
        CHECK(row.reserved == 0 && row.silhouette_standard_error == 0.0 && row.calinski_harabasz > 0.0);
    }
    OK(crm_cluster_choice_row(found, 1, &row));
    CHECK(row.supported == 1 && row.stability == 1.0 && row.stability_standard_deviation == 0.0);
    CHECK(near(row.smallest_share, 1.0 / 3.0, 1e-15) && near(row.inertia, 60.0 * 399.0 / 4800.0, 1e-9));
    CHECK(row.silhouette > row.reference_silhouette && row.reference_silhouette_error > 0.0 && row.davies_bouldin > 0.0);
    OK(crm_cluster_choice_vote(found, CRM_CRITERION_SILHOUETTE, &vote));
    CHECK(vote == 3);
    OK(crm_cluster_choice_vote(found, CRM_CRITERION_GAP, &vote));
    CHECK(vote == 3);
    OK(crm_cluster_choice_vote(found, CRM_CRITERION_KNEE, &vote));
    CHECK(vote == 0);
    FAILS(crm_cluster_choice_vote(found, 5, &vote), CRM_STATUS_INVALID_ARGUMENT, "criterion");
    FAILS(crm_cluster_choice_vote(found, 0, NULL), CRM_STATUS_NULL_POINTER, "out");
    FAILS(crm_cluster_choice_row(found, 4, &row), CRM_STATUS_OUT_OF_RANGE, "index");
    size_t reasons = crm_cluster_choice_reason_count(found);
    CHECK(reasons >= 3 && strncmp(crm_cluster_choice_reason(found, 0), "3 clusters have ", 16) == 0);
    CHECK(crm_cluster_choice_reason(found, reasons) == NULL && strcmp(crm_last_error_argument(), "index") == 0);
    crm_cluster_choice_free(found);

    /* Nothing to be found is an answer. */
    options.to = 4;
    OK(crm_cluster_choice_new(GROUPS, evenly(60), 1, CRM_LAYOUT_ROWS, &options, &found));
    OK(crm_cluster_choice_summary(found, &summary));
    CHECK(summary.recommended == 0 && summary.runner_up == 0);
    OK(crm_cluster_choice_vote(found, CRM_CRITERION_SILHOUETTE, &vote));
    CHECK(vote == 0 && crm_cluster_choice_reason_count(found) == 4);
    CHECK(strstr(crm_cluster_choice_reason(found, 0), "better than chance") != NULL);
    crm_cluster_choice_free(found);
}

#define REFUSES(field, value, argument)                                                                                \
    do {                                                                                                               \
        crm_choice_options wrong = quick();                                                                            \
        crm_cluster_choice *none = (crm_cluster_choice *)&wrong;                                                       \
        wrong.field = value;                                                                                           \
        FAILS(crm_cluster_choice_new(GROUPS, 40, 1, 0, &wrong, &none), CRM_STATUS_INVALID_ARGUMENT, argument);         \
        CHECK(none == NULL);                                                                                           \
    } while (0)

static void choice_refuses(void) {
    crm_cluster_choice *none = NULL;
    crm_choice_summary summary = {.struct_size = sizeof summary};
    crm_choice_row row = {.struct_size = sizeof row};
    size_t vote;
    groups(2);
    REFUSES(from, 1, "from");
    REFUSES(to, 1, "to");
    REFUSES(to, 40, "to");
    REFUSES(to, SIZE_MAX, "to");
    REFUSES(starts, 0, "starts");
    REFUSES(silhouette_sample, 0, "sample");
    REFUSES(gap_reference, 2, "gap_reference");
    REFUSES(gap_sample, 1, "sample");
    REFUSES(gap_references, 1, "references");
    REFUSES(gap_starts, 0, "starts");
    REFUSES(stability_sample, 1, "sample");
    REFUSES(stability_pairs, 1, "pairs");
    REFUSES(stability_starts, 0, "starts");
    REFUSES(threads, 1025, "threads");
    REFUSES(struct_size, 7, "options.struct_size");
    FAILS(crm_cluster_choice_new(NULL, 40, 1, 0, NULL, &none), CRM_STATUS_NULL_POINTER, "values");
    FAILS(crm_cluster_choice_new(GROUPS, 40, 1, 0, NULL, NULL), CRM_STATUS_NULL_POINTER, "out");
    FAILS(crm_cluster_choice_summary(NULL, &summary), CRM_STATUS_NULL_POINTER, "choice");
    FAILS(crm_cluster_choice_row(NULL, 0, &row), CRM_STATUS_NULL_POINTER, "choice");
    FAILS(crm_cluster_choice_vote(NULL, 0, &vote), CRM_STATUS_NULL_POINTER, "choice");
    CHECK(crm_cluster_choice_length(NULL) == 0 && crm_cluster_choice_reason_count(NULL) == 0);
    CHECK(crm_cluster_choice_reason(NULL, 0) == NULL && strcmp(crm_last_error_argument(), "choice") == 0);
    crm_cluster_choice_free(NULL);
}

int main(void) {
    agreement();
    quality_of_iris();
    silhouettes_by_hand();
    quality_refuses();
    gap();
    stability();
    choice();
    choice_refuses();
    return 0;
}
