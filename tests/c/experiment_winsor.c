/* Winsorised values: the shared cases, saving, and input that makes no sense. */
#include "experiment.h"

enum { MOST = 64 };

static size_t filled(const json *column, double *out) {
    CHECK(column->count <= MOST);
    for (size_t row = 0; row < column->count; row++) out[row] = number(&column->items[row]);
    return column->count;
}

static void shared_cases(void) {
    json all = json_read("tests/cases/experiment/winsor.json");
    const json *cases = member(&all, "cases");
    for (size_t place = 0; place < cases->count; place++) {
        const json *of = &cases->items[place], *arms = member(of, "arms");
        double values[2][MOST], clipped[MOST], expected[MOST];
        CHECK(arms->count == 2);
        size_t lengths[2];
        for (size_t arm = 0; arm < 2; arm++) lengths[arm] = filled(member(&arms->items[arm], "values"), values[arm]);
        const double *columns[] = {values[0], values[1]};
        crm_winsor winsor;
        OK(crm_winsor_fit(columns, lengths, 2, number(member(of, "lower_share")), number(member(of, "upper_share")), &winsor));
        CHECK(winsor.lower == number(member(of, "lower")) && winsor.upper == number(member(of, "upper")));
        for (size_t arm = 0; arm < 2; arm++) {
            const json *given = &arms->items[arm];
            uint64_t below = 99, above = 99;
            OK(crm_winsor_apply(&winsor, values[arm], lengths[arm], clipped, &below, &above));
            CHECK((int64_t)below == member(given, "below")->integer && (int64_t)above == member(given, "above")->integer);
            CHECK(filled(member(given, "clipped"), expected) == lengths[arm]);
            for (size_t row = 0; row < lengths[arm]; row++) CHECK(clipped[row] == expected[row]);
            crm_mean_arm mean, value;
            double variance = 0.0, wanted = number(member(given, "variance"));
            OK(crm_winsor_mean_arm(&winsor, values[arm], lengths[arm], &mean));
            CHECK(fabs(mean.mean - number(member(given, "mean"))) <= 1e-14 * fabs(mean.mean));
            OK(crm_mean_arm_variance(&mean, &variance));
            CHECK(fabs(variance - wanted) <= 1e-13 * wanted);
            const crm_measures measures = {.struct_size = sizeof measures, .rows = lengths[arm], .value = values[arm]};
            crm_joint_arm *joint = NULL;
            OK(crm_winsor_joint_arm(&winsor, &measures, &joint));
            OK(crm_joint_arm_column(joint, 0, &value));
            CHECK(value.mean == mean.mean && value.m2 == mean.m2);
            crm_joint_arm_free(joint);
        }
    }
    CHECK(cases->count == 5);
    json_free(&all);
}

static void saving(void) {
    const crm_winsor winsor = {-INFINITY, 0.1};
    crm_winsor same = {0.0, 0.0};
    crm_bytes *text = NULL;
    OK(crm_winsor_to_json(&winsor, &text));
    OK(crm_winsor_from_json(crm_bytes_text(text), &same));
    CHECK(same.lower == -INFINITY && same.upper == 0.1);
    crm_bytes_free(text);
    FAILS(crm_winsor_from_json("{}", &same), CRM_STATUS_CORRUPT, "json");
    FAILS(crm_winsor_from_json(NULL, &same), CRM_STATUS_NULL_POINTER, "json");
    FAILS(crm_winsor_to_json(&winsor, NULL), CRM_STATUS_NULL_POINTER, "out");
}

static void misuse(void) {
    double values[] = {0.0, 0.0, 0.0, 7.0}, bad[] = {1.0, NAN};
    const double *columns[] = {values, bad};
    const size_t lengths[] = {4, 2};
    const crm_winsor wrong = {2.0, 1.0}, bounds = {0.0, 5.0};
    crm_winsor winsor;
    crm_mean_arm mean;
    FAILS(crm_winsor_fit(columns, lengths, 1, 0.0, 0.25, &winsor), CRM_STATUS_INVALID_ARGUMENT, "upper_share");
    FAILS(crm_winsor_fit(columns, lengths, 2, 0.0, 0.1, &winsor), CRM_STATUS_INVALID_VALUE, "columns[1]");
    CHECK(crm_last_error_row() == 1);
    FAILS(crm_winsor_fit(NULL, lengths, 1, 0.0, 0.1, &winsor), CRM_STATUS_NULL_POINTER, "columns");
    FAILS(crm_winsor_fit(columns, lengths, 0, 0.0, 0.1, &winsor), CRM_STATUS_EMPTY, "columns");
    FAILS(crm_winsor_apply(&wrong, values, 4, values, NULL, NULL), CRM_STATUS_INVALID_ARGUMENT, "upper");
    FAILS(crm_winsor_apply(NULL, values, 4, values, NULL, NULL), CRM_STATUS_NULL_POINTER, "winsor");
    FAILS(crm_winsor_apply(&bounds, values, 4, NULL, NULL, NULL), CRM_STATUS_NULL_POINTER, "out");
    FAILS(crm_winsor_mean_arm(&bounds, bad, 2, &mean), CRM_STATUS_INVALID_VALUE, "values");
    /* In place. */
    OK(crm_winsor_apply(&bounds, values, 4, values, NULL, NULL));
    CHECK(values[3] == 5.0 && values[0] == 0.0);
}

int main(void) {
    shared_cases();
    saving();
    misuse();
    return 0;
}
