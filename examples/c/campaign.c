/*
 * Whom to write to, whom to leave alone for comparison, and what did the mail bring?
 *
 *     cc -Iinclude examples/c/campaign.c -Ltarget/release -lcrm -lm -o campaign
 *     LD_LIBRARY_PATH=target/release ./campaign OUT.csv
 *
 * With the folder of public data sets in CRM_TEST_DATA the customers are Hillstrom's (2008), 64,000 of a shop, of whom a third got a mail about
 * men's goods, a third one about women's and a third none (read with gzip). Without it they are made up, by the hash that deals customers to arms:
 * the same in every language.
 */
#define _POSIX_C_SOURCE 200809L

#include "crm.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 70000, COLUMNS = 12, TEXT = 16, TODAY = 20000 }; /* the day of the campaign: 2024-10-04 */

static const char *const MENS = "Mens E-Mail", *const WOMENS = "Womens E-Mail", *const NONE = "No E-Mail";

/* Columns by customer; the id is the place. */
typedef struct {
    size_t rows;
    int64_t *ids;
    double *recency, *history, *visit, *conversion, *spend;
    char (*channel_text)[TEXT], (*arm_text)[TEXT];
    const char **channel, **arm;
} shop;

/* Ends the program with what the library says. */
static void check(crm_status status) {
    if (status == CRM_STATUS_OK) return;
    fprintf(stderr, "error %d: %s\n", (int)status, crm_last_error_message());
    exit(1);
}

static void *room(size_t count, size_t size) {
    void *memory = calloc(count + 1, size);
    if (memory == NULL) {
        fprintf(stderr, "out of memory\n");
        exit(1);
    }
    return memory;
}

static shop new_shop(void) {
    shop all = {0};
    all.ids = room(MOST, sizeof *all.ids);
    double **numbers[] = {&all.recency, &all.history, &all.visit, &all.conversion, &all.spend};
    for (size_t column = 0; column < 5; column++) *numbers[column] = room(MOST, sizeof **numbers[column]);
    all.channel_text = room(MOST, sizeof *all.channel_text);
    all.arm_text = room(MOST, sizeof *all.arm_text);
    all.channel = room(MOST, sizeof *all.channel);
    all.arm = room(MOST, sizeof *all.arm);
    for (size_t row = 0; row < MOST; row++) {
        all.ids[row] = (int64_t)row;
        all.channel[row] = all.channel_text[row];
        all.arm[row] = all.arm_text[row];
    }
    return all;
}

static void free_shop(shop *all) {
    void *const parts[] = {all->ids,   all->recency,      all->history,  all->visit,           all->conversion,
                           all->spend, all->channel_text, all->arm_text, (void *)all->channel, (void *)all->arm};
    for (size_t part = 0; part < sizeof parts / sizeof parts[0]; part++) free(parts[part]);
}

static crm_ids ids_of(const shop *all) {
    return (crm_ids){all->ids, NULL, all->rows};
}

/* A number for each customer; the caller frees it. */
static double *buckets(const shop *all, const char *salt) {
    const crm_ids ids = ids_of(all);
    double *values = room(all->rows, sizeof *values);
    check(crm_buckets(CRM_BUCKET_HASH_XXH3, salt, &ids, values, all->rows));
    return values;
}

static void arms(crm_arm out[3], double targets, double control) {
    out[0] = (crm_arm){MENS, targets, 0, 0};
    out[1] = (crm_arm){WOMENS, targets, 0, 0};
    out[2] = (crm_arm){NONE, control, 1, 0};
}

static void copy(char *to, const char *from) {
    snprintf(to, TEXT, "%s", from);
}

/* Cuts a line of CSV into its cells. */
static size_t cells(char *line, char *out[COLUMNS]) {
    size_t count = 0;
    int quoted = 0;
    out[count++] = line;
    for (char *at = line; *at != '\0'; at++) {
        if (*at == '"') quoted = !quoted;
        if (*at == '\r' || *at == '\n') {
            *at = '\0';
            break;
        }
        if (*at == ',' && !quoted && count < COLUMNS) {
            *at = '\0';
            out[count++] = at + 1;
        }
    }
    return count;
}

/* 0 where there is no such file. */
static int hillstrom(shop *all) {
    const char *folder = getenv("CRM_TEST_DATA");
    char path[4096], command[4200], line[512];
    if (folder == NULL || *folder == '\0') return 0;
    snprintf(path, sizeof path, "%s/hillstrom_email.csv.gz", folder);
    FILE *file = fopen(path, "rb");
    if (file == NULL) return 0;
    fclose(file);
    snprintf(command, sizeof command, "gzip -dc '%s'", path);
    FILE *pipe = popen(command, "r");
    if (pipe == NULL || fgets(line, sizeof line, pipe) == NULL) {
        fprintf(stderr, "cannot read %s\n", path);
        exit(1);
    }
    size_t row = 0;
    for (; row < MOST && fgets(line, sizeof line, pipe) != NULL; row++) {
        char *cell[COLUMNS];
        if (cells(line, cell) != COLUMNS) {
            fprintf(stderr, "%s, row %zu: not %d columns\n", path, row, (int)COLUMNS);
            exit(1);
        }
        all->recency[row] = strtod(cell[0], NULL);
        all->history[row] = strtod(cell[2], NULL);
        copy(all->channel_text[row], cell[7]);
        copy(all->arm_text[row], cell[8]);
        all->visit[row] = strtod(cell[9], NULL);
        all->conversion[row] = strtod(cell[10], NULL);
        all->spend[row] = strtod(cell[11], NULL);
    }
    pclose(pipe);
    all->rows = row;
    return 1;
}

static void make_up(shop *all) {
    static const double LIFT[] = {0.075, 0.045, 0.0};
    static const char *const SALTS[] = {"channel", "visit", "conversion", "recency", "history", "history 2", "spend"};
    all->rows = 20000;
    crm_arm plan[3];
    crm_campaign_split *split = NULL;
    crm_assignment *assignment = NULL;
    const crm_ids ids = ids_of(all);
    int32_t *place = room(all->rows, sizeof *place);
    double *drawn[7];
    arms(plan, 1.0, 1.0);
    check(crm_campaign_split_new("made up", plan, 3, &split));
    check(crm_campaign_split_assign(split, &ids, &assignment));
    check(crm_assignment_arms(assignment, place, all->rows));
    for (size_t salt = 0; salt < 7; salt++) drawn[salt] = buckets(all, SALTS[salt]);
    for (size_t row = 0; row < all->rows; row++) {
        const int visit = drawn[1][row] < 0.1 + LIFT[place[row]], conversion = visit && drawn[2][row] < 0.07;
        all->recency[row] = 1.0 + floor(12.0 * drawn[3][row]);
        all->history[row] = 30.0 + floor(900.0 * drawn[4][row] * drawn[5][row]);
        copy(all->channel_text[row], drawn[0][row] < 0.44 ? "Web" : drawn[0][row] < 0.88 ? "Phone" : "Multichannel");
        copy(all->arm_text[row], plan[place[row]].name);
        all->visit[row] = visit;
        all->conversion[row] = conversion;
        all->spend[row] = conversion ? 29.0 + floor(170.0 * drawn[6][row]) : 0.0;
    }
    for (size_t salt = 0; salt < 7; salt++) free(drawn[salt]);
    free(place);
    crm_assignment_free(assignment);
    crm_campaign_split_free(split);
}

static const char *kind_name(int32_t kind) {
    static const char *const NAMES[] = {"rule",           "missing_value",    "no_opt_in",       "opted_out", "do_not_contact",
                                        "running_campaign", "contact_fatigue", "holdout", "segment_quota", "quota"};
    return NAMES[kind];
}

/* Selects whom to write to: the rows, best first, which the caller frees. */
static uint32_t *select_customers(const shop *all, size_t *count) {
    const crm_ids ids = ids_of(all), channels = {NULL, all->channel, all->rows};
    crm_target_table *table = NULL;
    crm_selection *plan = NULL;
    crm_selected *selected = NULL;
    double *consent = buckets(all, "consent"), *contacts = buckets(all, "contacts");
    for (size_t row = 0; row < all->rows; row++) consent[row] = consent[row] < 0.9;
    check(crm_target_table_new(&ids, &table));
    check(crm_target_table_add_numbers(table, "recency", all->recency, all->rows));
    check(crm_target_table_add_numbers(table, "history", all->history, all->rows));
    check(crm_target_table_add_numbers(table, "consent", consent, all->rows));
    check(crm_target_table_add_texts(table, "channel", &channels));
    /* Up to two contacts of the last weeks for each customer. */
    int64_t *contacted = room(2 * all->rows, sizeof *contacted);
    int32_t *days = room(2 * all->rows, sizeof *days);
    size_t length = 0;
    for (size_t row = 0; row < all->rows; row++)
        for (int contact = 0; contact < (int)(3.0 * contacts[row]); contact++) {
            contacted[length] = all->ids[row];
            days[length++] = TODAY - 10 * contact;
        }
    const crm_ids log = {contacted, NULL, length};
    const char *const limited[] = {"Web"};
    const uint64_t limits[] = {2500};
    check(crm_selection_new(&plan));
    check(crm_selection_add_opted_in(plan, "consent", "consent"));
    check(crm_selection_add_rule(plan, "target group",
                                 "{\"all\": [{\"compare\": {\"column\": \"history\", \"is\": \">=\", \"value\": 50}},"
                                 "{\"between\": {\"column\": \"recency\", \"from\": 1, \"to\": 11}},"
                                 "{\"in\": {\"column\": \"channel\", \"values\": [\"Web\", \"Phone\"]}}]}"));
    check(crm_selection_add_contact_limit(plan, "fatigue", &log, days, length, TODAY, 2, 14));
    check(crm_selection_add_holdout(plan, "global holdout", "holdout-2024", 0.05));
    check(crm_selection_rank_by(plan, "history", CRM_RANK_ORDER_DESCENDING));
    check(crm_selection_ties_by_hash(plan, "autumn-2024 ties"));
    check(crm_selection_set_segment_quotas(plan, "channel", limited, limits, 1, -1));
    check(crm_selection_set_quota(plan, 6000));
    check(crm_selection_select(plan, table, &selected));
    *count = (size_t)crm_selected_count(selected);
    printf("selected %zu of %" PRIu64 " customers\n", *count, crm_selected_customers(selected));
    for (size_t index = 0; index < crm_selected_reason_count(selected); index++) {
        crm_reason reason = {.struct_size = sizeof reason};
        check(crm_selected_reason(selected, index, &reason));
        printf("  %-16s %-16s first %6" PRIu64 ", any %6" PRIu64 "\n", reason.name, kind_name(reason.kind), reason.first,
               reason.any);
    }
    uint32_t *rows = room(*count, sizeof *rows);
    check(crm_selected_rows(selected, rows, *count));
    crm_selected_free(selected);
    crm_selection_free(plan);
    crm_target_table_free(table);
    free(days);
    free(contacted);
    free(contacts);
    free(consent);
    return rows;
}

/* Deals the selected customers to arms, and looks whether they were alike before. */
static void split_customers(const shop *all, const uint32_t *rows, size_t count) {
    crm_arm plan[3];
    uint64_t sizes[3];
    crm_campaign_split *split = NULL;
    crm_assignment *assignment = NULL;
    crm_campaign_outcomes *outcomes = NULL;
    crm_campaign_split_balance *balance = NULL;
    int64_t *chosen = room(count, sizeof *chosen);
    double *history = room(count, sizeof *history), *recency = room(count, sizeof *recency);
    for (size_t place = 0; place < count; place++) {
        chosen[place] = all->ids[rows[place]];
        history[place] = all->history[rows[place]];
        recency[place] = all->recency[rows[place]];
    }
    const crm_ids ids = {chosen, NULL, count};
    arms(plan, 4.5, 1.0);
    check(crm_campaign_split_new("autumn-2024", plan, 3, &split));
    check(crm_campaign_split_assign(split, &ids, &assignment));
    check(crm_assignment_counts(assignment, sizes, 3));
    printf("split\n");
    for (size_t arm = 0; arm < 3; arm++) printf("  %-16s %6" PRIu64 "\n", plan[arm].name, sizes[arm]);
    check(crm_campaign_outcomes_from_assignment(assignment, &outcomes));
    check(crm_campaign_outcomes_add_before(outcomes, "history", history, count));
    check(crm_campaign_outcomes_add_before(outcomes, "recency", recency, count));
    check(crm_campaign_outcomes_balance(outcomes, 0.05, 2 /* Holm */, &balance));
    printf("  sizes: p = %.4f\n", crm_campaign_split_balance_sample_ratio_p_value(balance));
    for (size_t index = 0; index < crm_campaign_split_balance_count(balance); index++) {
        crm_balance_row row = {.struct_size = sizeof row};
        check(crm_campaign_split_balance_row(balance, index, &row));
        printf("  %-8s %-14s standardised difference %8.4f, adjusted p = %.4f\n", row.column, row.arm,
               row.standardised_difference, row.adjusted_p_value);
    }
    crm_campaign_split_balance_free(balance);
    crm_campaign_outcomes_free(outcomes);
    crm_assignment_free(assignment);
    crm_campaign_split_free(split);
    free(recency);
    free(history);
    free(chosen);
}

/* What the mails brought, also as the rows of a CSV file. */
static void measure(const shop *all, const char *path) {
    static const char *const METRICS[] = {"response", "conversion", "orders", "revenue"};
    const crm_ids labels = {NULL, all->arm, all->rows}, channels = {NULL, all->channel, all->rows};
    const crm_arm_cost cost = {NULL, 500.0, 0.1, 0.0, 0.4};
    crm_arm plan[3];
    crm_campaign_outcomes *outcomes = NULL;
    crm_campaign_report *report = NULL;
    crm_campaign_summary summary = {.struct_size = sizeof summary};
    arms(plan, 1.0, 1.0);
    check(crm_campaign_outcomes_new(&labels, plan, 3, &outcomes));
    check(crm_campaign_outcomes_add_metric(outcomes, CRM_CAMPAIGN_METRIC_RESPONSE, all->visit, all->rows));
    check(crm_campaign_outcomes_add_metric(outcomes, CRM_CAMPAIGN_METRIC_CONVERSION, all->conversion, all->rows));
    check(crm_campaign_outcomes_add_metric(outcomes, CRM_CAMPAIGN_METRIC_REVENUE, all->spend, all->rows));
    check(crm_campaign_outcomes_add_groups(outcomes, "channel", &channels));
    check(crm_campaign_outcomes_measure(outcomes, NULL, &cost, 1, &report));
    check(crm_campaign_report_summary(report, &summary));
    printf("measured, sizes: p = %.4f\n", summary.sample_ratio_p_value);
    for (size_t index = 0; index < summary.arms; index++) {
        crm_arm_summary arm = {.struct_size = sizeof arm};
        check(crm_campaign_report_arm(report, index, &arm));
        printf("  %-16s %6" PRIu64 " customers, visits %6.2f %%, conversions %6.3f %%, spend %6.3f\n", arm.name,
               arm.customers, 100.0 * arm.mean_response, 100.0 * arm.mean_conversion, arm.mean_revenue);
    }
    for (size_t index = 0; index < summary.returns; index++) {
        crm_arm_return back = {.struct_size = sizeof back};
        check(crm_campaign_report_return(report, index, &back));
        if (back.grouping[0] != '\0') continue;
        printf("  %-16s profit %9.2f (%.2f to %.2f), return on cost %.3f (%.3f to %.3f), pays at %.3f %%\n", back.arm,
               back.profit, back.profit_lower, back.profit_upper, back.roi, back.roi_lower, back.roi_upper,
               100.0 * back.break_even_rate);
    }
    FILE *file = fopen(path, "wb");
    if (file == NULL) {
        fprintf(stderr, "cannot write %s\n", path);
        exit(1);
    }
    fprintf(file, "grouping,group,arm,metric,difference,lower,upper,p_value,adjusted_p_value,incremental,split_p_value\n");
    for (size_t index = 0; index < summary.effects; index++) {
        crm_campaign_effect effect = {.struct_size = sizeof effect};
        crm_test_result result = {.struct_size = sizeof result};
        check(crm_campaign_report_effect(report, index, &effect));
        check(crm_campaign_report_effect_result(report, index, &result));
        fprintf(file, "%s,%s,%s,%s,%.8f,%.8f,%.8f,%.8f,%.8f,%.3f,%.8f\n", effect.grouping, effect.group, effect.arm,
                METRICS[effect.metric], result.difference, result.lower, result.upper, result.p_value,
                effect.adjusted_p_value, effect.incremental, result.split_p_value);
    }
    if (fclose(file) != 0) exit(1);
    crm_campaign_report_free(report);
    crm_campaign_outcomes_free(outcomes);
}

/* Whether those who bought more before are those whom a mail moves. */
static void uplift(const shop *all) {
    uint8_t *target = room(all->rows, sizeof *target);
    crm_uplift_curve *curve = NULL;
    crm_uplift_score qini = {.struct_size = sizeof qini}, gain = {.struct_size = sizeof gain};
    for (size_t row = 0; row < all->rows; row++) target[row] = strcmp(all->arm[row], NONE) != 0;
    check(crm_uplift_curve_new(all->history, target, all->visit, all->rows, &curve));
    check(crm_uplift_curve_score(curve, CRM_UPLIFT_CURVE_KIND_QINI, CRM_UPLIFT_SCALE_OPTIMUM, &qini));
    check(crm_uplift_curve_score(curve, CRM_UPLIFT_CURVE_KIND_GAIN, CRM_UPLIFT_SCALE_CUSTOMERS, &gain));
    printf("uplift by history: Qini %.5f, gain curve on average %.5f visits above chance\n", qini.value, gain.value);
    crm_uplift_bands *bands = NULL;
    crm_test_options options;
    check(crm_test_options_init(&options, sizeof options));
    /* Two customers of three were to get a mail, in every band. */
    options.target_share = 2.0 / 3.0;
    check(crm_uplift_curve_bands(curve, 5, &options, &bands));
    for (size_t index = 0; index < crm_uplift_bands_count(bands); index++) {
        crm_uplift_band band = {.struct_size = sizeof band};
        crm_test_result result = {.struct_size = sizeof result};
        check(crm_uplift_bands_band(bands, index, &band));
        check(crm_uplift_bands_result(bands, index, &result));
        printf("  %8.2f to %8.2f: %7.4f (%.4f to %.4f), split p = %.4f\n", band.score_from, band.score_to,
               result.difference, result.lower, result.upper, result.split_p_value);
    }
    crm_uplift_bands_free(bands);
    crm_uplift_curve_free(curve);
    free(target);
}

int main(int argc, char **argv) {
    const char *out = argc > 1 ? argv[argc - 1] : "campaign.csv";
    const size_t length = strlen(out);
    if (length < 4 || strcmp(out + length - 4, ".csv") != 0) out = "campaign.csv";
    shop all = new_shop();
    if (!hillstrom(&all)) make_up(&all);
    size_t count = 0;
    uint32_t *rows = select_customers(&all, &count);
    split_customers(&all, rows, count);
    measure(&all, out);
    uplift(&all);
    free(rows);
    free_shop(&all);
    return 0;
}
