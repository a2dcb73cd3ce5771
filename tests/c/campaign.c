/* Campaigns: the shared cases of buckets and splits, and one small campaign from table to report. */
#include "check.h"
#include "json.h"

static const json *member(const json *object, const char *key) {
    const json *found = json_get(object, key);
    CHECK(found != NULL);
    return found;
}

/* Ids as the library takes them; free with `release`. */
static crm_ids ids_of(const json *values) {
    crm_ids ids = {NULL, NULL, values->count};
    int texts = 0;
    for (size_t row = 0; row < values->count; row++) texts |= values->items[row].kind == JSON_TEXT;
    if (texts) {
        const char **names = calloc(values->count + 1, sizeof *names);
        CHECK(names != NULL);
        for (size_t row = 0; row < values->count; row++) names[row] = values->items[row].text;
        ids.texts = names;
    } else {
        int64_t *numbers = calloc(values->count + 1, sizeof *numbers);
        CHECK(numbers != NULL);
        for (size_t row = 0; row < values->count; row++) numbers[row] = values->items[row].integer;
        ids.integers = numbers;
    }
    return ids;
}

static void release(crm_ids ids) {
    free((void *)ids.integers);
    free((void *)ids.texts);
}

static void buckets(void) {
    json file = json_read("tests/cases/campaign/buckets.json");
    const json *cases = member(&file, "cases");
    CHECK(cases->count == 58);
    for (size_t place = 0; place < cases->count; place++) {
        const json *one = &cases->items[place], *id = member(one, "id");
        const char *hash = member(one, "hash")->text;
        const int32_t code = strcmp(hash, "xxh3") == 0            ? CRM_BUCKET_HASH_XXH3
                             : strcmp(hash, "growthbook_v1") == 0 ? CRM_BUCKET_HASH_GROWTHBOOK_V1
                                                                  : CRM_BUCKET_HASH_GROWTHBOOK_V2;
        const char *text = id->text;
        const crm_ids ids = id->kind == JSON_TEXT ? (crm_ids){NULL, &text, 1} : (crm_ids){&id->integer, NULL, 1};
        double bucket = -1.0;
        OK(crm_buckets(code, member(one, "salt")->text, &ids, &bucket, 1));
        CHECK(bucket == member(one, "bucket")->number);
    }
    json_free(&file);
}

static void splits(void) {
    json file = json_read("tests/cases/campaign/splits.json");
    const json *cases = member(&file, "cases");
    CHECK(cases->count > 5);
    for (size_t place = 0; place < cases->count; place++) {
        const json *one = &cases->items[place], *arms = member(one, "arms"), *expected = member(one, "expected");
        crm_arm given[8];
        for (size_t arm = 0; arm < arms->count; arm++) {
            const json *parts = arms->items[arm].items;
            given[arm] = (crm_arm){parts[0].text, parts[1].number, parts[2].kind == JSON_TRUE, 0};
        }
        crm_campaign_split *split = NULL;
        OK(crm_campaign_split_new(member(one, "salt")->text, given, arms->count, &split));
        OK(crm_campaign_split_set_coverage(split, member(one, "coverage")->number));
        const json *holdouts = json_get(one, "holdouts"), *space = json_get(one, "namespace");
        for (size_t place = 0; holdouts != NULL && place < holdouts->count; place++) {
            const json *holdout = &holdouts->items[place];
            OK(crm_campaign_split_add_holdout(split, member(holdout, "salt")->text, member(holdout, "share")->number));
        }
        if (space != NULL)
            OK(crm_campaign_split_set_namespace(split, member(space, "salt")->text, member(space, "from")->number,
                                       member(space, "to")->number));
        const crm_ids ids = ids_of(member(one, "ids"));
        crm_assignment *assignment = NULL;
        const json *strata = json_get(one, "strata");
        if (strata == NULL) {
            OK(crm_campaign_split_assign(split, &ids, &assignment));
        } else {
            const crm_ids texts = ids_of(strata);
            const char *const column = "stratum";
            crm_target_table *table = NULL;
            OK(crm_target_table_new(&ids, &table));
            OK(crm_target_table_add_texts(table, column, &texts));
            OK(crm_campaign_split_assign_stratified(split, table, &column, 1, &assignment));
            crm_target_table_free(table);
            release(texts);
        }
        const size_t rows = crm_assignment_length(assignment);
        CHECK(rows == expected->count);
        int32_t *found = calloc(rows, sizeof *found);
        CHECK(found != NULL);
        OK(crm_assignment_arms(assignment, found, rows));
        for (size_t row = 0; row < rows; row++) CHECK(found[row] == expected->items[row].integer);
        free(found);
        release(ids);
        crm_assignment_free(assignment);
        crm_campaign_split_free(split);
    }
    json_free(&file);
}

/* Holdouts add up, a namespace is given once, and a salt draws for each purpose on its own. */
static void plans(void) {
    enum { CUSTOMERS = 10000 };
    const crm_arm arms[] = {{"mail", 9.0, 0, 0}, {"none", 1.0, 1, 0}};
    static int64_t customers[CUSTOMERS];
    static int32_t found[3][CUSTOMERS];
    for (int row = 0; row < CUSTOMERS; row++) customers[row] = row;
    const crm_ids ids = {customers, NULL, CUSTOMERS};
    for (int plan = 0; plan < 3; plan++) {
        crm_campaign_split *split = NULL;
        crm_assignment *assignment = NULL;
        OK(crm_campaign_split_new("s", arms, 2, &split));
        if (plan != 1) OK(crm_campaign_split_add_holdout(split, "s", 0.1));
        if (plan != 0) OK(crm_campaign_split_add_holdout(split, "t", 0.02));
        OK(crm_campaign_split_set_namespace(split, "n", 0.0, 1.0));
        FAILS(crm_campaign_split_set_namespace(split, "m", 0.0, 0.5), CRM_STATUS_INVALID_ARGUMENT, "namespace");
        OK(crm_campaign_split_assign(split, &ids, &assignment));
        OK(crm_assignment_arms(assignment, found[plan], CUSTOMERS));
        crm_assignment_free(assignment);
        crm_campaign_split_free(split);
    }
    int control = 0;
    for (int row = 0; row < CUSTOMERS; row++) {
        CHECK((found[2][row] == -3) == (found[0][row] == -3 || found[1][row] == -3));
        control += found[0][row] == 1;
    }
    /* 0.9 * 0.1 of the customers, within five standard deviations. */
    CHECK(abs(control - CUSTOMERS * 9 / 100) < 150);
}

static void selection(void) {
    const char *const names[] = {"ann", "bob", "cat", "dan", "eve"}, *const cities[] = {"Bonn", NULL, "Bonn", "Köln", ""};
    const double scores[] = {0.9, 0.8, NAN, 0.1, 0.7}, consents[] = {1.0, 1.0, 1.0, 1.0, 0.0};
    const crm_ids ids = {NULL, names, 5}, texts = {NULL, cities, 5}, listed = {NULL, names, 1};
    const int64_t number = 1;
    const crm_ids numbers = {&number, NULL, 1}, both = {&number, names, 1};
    crm_target_table *table = NULL;
    crm_selection *plan = NULL;
    crm_selected *selected = NULL;
    OK(crm_target_table_new(&ids, &table));
    OK(crm_target_table_add_numbers(table, "score", scores, 5));
    OK(crm_target_table_add_numbers(table, "consent", consents, 5));
    OK(crm_target_table_add_texts(table, "city", &texts));
    CHECK(crm_target_table_rows(table) == 5);
    FAILS(crm_target_table_add_numbers(table, "score", scores, 5), CRM_STATUS_INVALID_ARGUMENT, "score");
    FAILS(crm_target_table_add_numbers(table, "more", scores, 4), CRM_STATUS_LENGTH_MISMATCH, "more");
    FAILS(crm_target_table_add_numbers(NULL, "more", scores, 5), CRM_STATUS_NULL_POINTER, "table");
    OK(crm_selection_new(&plan));
    OK(crm_selection_add_opted_in(plan, "consent", "consent"));
    OK(crm_selection_add_rule(plan, "score", "{\"compare\": {\"column\": \"score\", \"is\": \">=\", \"value\": 0.5}}"));
    FAILS(crm_selection_add_rule(plan, "score", "{\"all\": []}"), CRM_STATUS_INVALID_ARGUMENT, "name");
    FAILS(crm_selection_add_rule(plan, "other", "score > 1"), CRM_STATUS_PARSE, "rule");
    FAILS(crm_selection_add_do_not_contact(plan, "list", &both), CRM_STATUS_INVALID_ARGUMENT, "ids");
    OK(crm_selection_rank_by(plan, "score", CRM_RANK_ORDER_DESCENDING));
    FAILS(crm_selection_rank_by(plan, "score", 7), CRM_STATUS_INVALID_ARGUMENT, "rank_order");
    OK(crm_selection_set_quota(plan, 1));
    FAILS(crm_selection_rank_by(plan, "consent", CRM_RANK_ORDER_DESCENDING), CRM_STATUS_INVALID_ARGUMENT, "rank_by");
    FAILS(crm_selection_set_quota(plan, 2), CRM_STATUS_INVALID_ARGUMENT, "quota");
    FAILS(crm_selection_ties_by_hash(plan, ""), CRM_STATUS_INVALID_ARGUMENT, "salt");
    OK(crm_selection_select(plan, table, &selected));
    uint32_t rows[5];
    int32_t first[5];
    uint64_t bits[5];
    crm_reason reason = {.struct_size = sizeof reason};
    CHECK(crm_selected_count(selected) == 1 && crm_selected_customers(selected) == 5);
    OK(crm_selected_rows(selected, rows, 5));
    OK(crm_selected_first_reasons(selected, first, 5));
    OK(crm_selected_reason_bits(selected, bits, 5));
    /* Reasons: no consent, a low score, no score, the quota. */
    CHECK(rows[0] == 0 && first[0] == -1 && first[1] == 3 && first[2] == 2 && first[3] == 1 && first[4] == 0);
    CHECK(bits[0] == 0 && bits[1] == 8 && bits[4] == 1 && crm_selected_reason_count(selected) == 4);
    OK(crm_selected_reason(selected, 2, &reason));
    CHECK(strcmp(reason.name, "score") == 0 && reason.kind == CRM_REASON_KIND_MISSING_VALUE && reason.first == 1);
    FAILS(crm_selected_reason(selected, 4, &reason), CRM_STATUS_OUT_OF_RANGE, "index");
    FAILS(crm_selected_first_reasons(selected, first, 4), CRM_STATUS_LENGTH_MISMATCH, "capacity");
    crm_selected_free(selected);
    OK(crm_selection_add_do_not_contact(plan, "listed", &listed));
    OK(crm_selection_select(plan, table, &selected));
    OK(crm_selected_rows(selected, rows, 5));
    CHECK(crm_selected_count(selected) == 1 && rows[0] == 1);
    crm_selected_free(selected);
    OK(crm_selection_add_not_in_campaign(plan, "numbers", &numbers));
    FAILS(crm_selection_select(plan, table, &selected), CRM_STATUS_INCOMPATIBLE, "numbers");
    CHECK(selected == NULL);
    crm_selection_free(plan);
    crm_target_table_free(table);
}

static void contacts_and_quotas(void) {
    const int64_t customers[] = {1, 2, 3, 4}, contacted[] = {1, 1, 2};
    const int32_t days[] = {100, 95, 100};
    const char *const segments[] = {"x", "x", "y", "y"}, *const limited[] = {"x"};
    const uint64_t quotas[] = {1};
    const crm_ids ids = {customers, NULL, 4}, log = {contacted, NULL, 3}, texts = {NULL, segments, 4};
    crm_target_table *table = NULL;
    crm_selection *plan = NULL;
    crm_selected *selected = NULL;
    int32_t first[4];
    OK(crm_target_table_new(&ids, &table));
    OK(crm_target_table_add_texts(table, "segment", &texts));
    OK(crm_selection_new(&plan));
    OK(crm_selection_add_contact_limit(plan, "fatigue", &log, days, 3, 100, 2, 7));
    FAILS(crm_selection_add_contact_limit(plan, "more", &log, days, 2, 100, 2, 7), CRM_STATUS_LENGTH_MISMATCH, "day");
    FAILS(crm_selection_add_contact_limit(plan, "more", &log, days, 3, 100, 0, 7), CRM_STATUS_INVALID_ARGUMENT, "at_most");
    OK(crm_selection_set_segment_quotas(plan, "segment", limited, quotas, 1, -1));
    FAILS(crm_selection_set_segment_quotas(plan, "segment", limited, quotas, 1, -1), CRM_STATUS_INVALID_ARGUMENT, "segment_quotas");
    OK(crm_selection_select(plan, table, &selected));
    OK(crm_selected_first_reasons(selected, first, 4));
    CHECK(first[0] == 0 && first[1] == -1 && first[2] == -1 && first[3] == -1);
    crm_selected_free(selected);
    crm_selection_free(plan);
    crm_target_table_free(table);
}

static void measurement(void) {
    const char *const names[] = {"m", "m", "m", "m", "m", "m", "c", "c", "c", "c", "c", NULL};
    const double revenue[] = {10, 0, 30, 0, 0, 20, 0, 15, 0, 0, 0, NAN};
    double bought[12];
    for (int row = 0; row < 12; row++) bought[row] = revenue[row] > 0.0;
    const crm_ids arm_of_each = {NULL, names, 12};
    const crm_arm arms[] = {{"m", 1.0, 0, 0}, {"c", 1.0, 1, 0}};
    const crm_arm_cost cost = {"m", 12.0, 1.0, 2.0, 0.5}, wrong = {"x", 0.0, 0.0, 0.0, 1.0};
    crm_campaign_outcomes *outcomes = NULL;
    crm_campaign_report *report = NULL;
    crm_campaign_split_balance *balance = NULL;
    OK(crm_campaign_outcomes_new(&arm_of_each, arms, 2, &outcomes));
    FAILS(crm_campaign_outcomes_measure(outcomes, NULL, NULL, 0, &report), CRM_STATUS_EMPTY, "metrics");
    OK(crm_campaign_outcomes_add_metric(outcomes, CRM_CAMPAIGN_METRIC_REVENUE, revenue, 12));
    OK(crm_campaign_outcomes_add_metric(outcomes, CRM_CAMPAIGN_METRIC_CONVERSION, bought, 12));
    OK(crm_campaign_outcomes_add_before(outcomes, "before", bought, 12));
    FAILS(crm_campaign_outcomes_add_metric(outcomes, CRM_CAMPAIGN_METRIC_REVENUE, revenue, 12), CRM_STATUS_INVALID_ARGUMENT,
          "metric");
    FAILS(crm_campaign_outcomes_add_metric(outcomes, CRM_CAMPAIGN_METRIC_RESPONSE, revenue, 12), CRM_STATUS_INVALID_VALUE,
          "response");
    FAILS(crm_campaign_outcomes_measure(outcomes, NULL, &wrong, 1, &report), CRM_STATUS_INVALID_ARGUMENT, "costs");
    OK(crm_campaign_outcomes_measure(outcomes, NULL, &cost, 1, &report));
    crm_campaign_summary summary = {.struct_size = sizeof summary};
    crm_arm_summary arm = {.struct_size = sizeof arm};
    crm_campaign_effect effect = {.struct_size = sizeof effect};
    crm_test_result result = {.struct_size = sizeof result};
    crm_arm_return back = {.struct_size = sizeof back};
    OK(crm_campaign_report_summary(report, &summary));
    CHECK(summary.arms == 2 && summary.effects == 2 && summary.returns == 1 && summary.outside == 1);
    CHECK(summary.sample_ratio_flagged == 0 && summary.sample_ratio_p_value > 0.5);
    OK(crm_campaign_report_arm(report, 0, &arm));
    CHECK(strcmp(arm.name, "m") == 0 && arm.customers == 6 && arm.mean_revenue == 10.0 && isnan(arm.mean_orders));
    OK(crm_campaign_report_effect(report, 1, &effect));
    OK(crm_campaign_report_effect_result(report, 1, &result));
    CHECK(effect.metric == CRM_CAMPAIGN_METRIC_REVENUE && effect.incremental == 42.0 && result.difference == 7.0);
    CHECK(effect.incremental_lower == 6.0 * result.lower && effect.adjusted_p_value == result.p_value);
    /* Means of 10 and 3, the pooled variance 980 / 9, the skewness of all eleven: the ends of make_experiment_mean_stress.py (mpmath). */
    CHECK(effect.lift_kind == CRM_INTERVAL_KIND_BOUNDED && effect.lift_reserved == 0);
    CHECK(fabs(effect.lift_lower / -0.683511833475921478 - 1.0) < 1e-11 && fabs(effect.lift_upper / 200.907247580512889 - 1.0) < 1e-11);
    OK(crm_campaign_report_return(report, 0, &back));
    CHECK(back.cost == 24.0 && back.profit == -3.0 && fabs(back.break_even_rate - 0.6) < 1e-15);
    FAILS(crm_campaign_report_return(report, 1, &back), CRM_STATUS_OUT_OF_RANGE, "index");
    OK(crm_campaign_outcomes_balance(outcomes, 0.05, 2, &balance));
    crm_balance_row row = {.struct_size = sizeof row};
    CHECK(crm_campaign_split_balance_count(balance) == 1);
    OK(crm_campaign_split_balance_row(balance, 0, &row));
    OK(crm_campaign_split_balance_result(balance, 0, &result));
    CHECK(strcmp(row.column, "before") == 0 && fabs(result.difference - 0.3) < 1e-15);
    crm_campaign_split_balance_free(balance);
    crm_campaign_report_free(report);
    crm_campaign_outcomes_free(outcomes);
}

static void uplift(void) {
    const double score[] = {0.9, 0.8, 0.8, 0.3, 0.2, 0.1}, outcome[] = {1, 1, 0, 0, 0, 1};
    const uint8_t target[] = {1, 1, 0, 0, 1, 0};
    crm_uplift_curve *curve = NULL;
    OK(crm_uplift_curve_new(score, target, outcome, 6, &curve));
    CHECK(crm_uplift_curve_length(curve) == 6);
    double heights[6];
    uint64_t customers[6];
    OK(crm_uplift_curve_heights(curve, CRM_UPLIFT_CURVE_KIND_QINI, heights, 6));
    OK(crm_uplift_curve_customers(curve, customers, 6));
    CHECK(heights[0] == 0.0 && heights[2] == 2.0 && heights[5] == 1.0 && customers[2] == 3 && customers[5] == 6);
    crm_uplift_score found = {.struct_size = sizeof found};
    OK(crm_uplift_curve_score(curve, CRM_UPLIFT_CURVE_KIND_QINI, CRM_UPLIFT_SCALE_AREA, &found));
    CHECK(found.value == 6.0 && found.area == 9.0 && found.random_area == 3.0 && found.status == CRM_UPLIFT_STATUS_OK);
    crm_uplift_interval one = {.struct_size = sizeof one}, two = {.struct_size = sizeof two};
    OK(crm_uplift_curve_interval(curve, 0, CRM_UPLIFT_SCALE_CUSTOMERS, 0.05, 200, 7, 1, &one));
    OK(crm_uplift_curve_interval(curve, 0, CRM_UPLIFT_SCALE_CUSTOMERS, 0.05, 200, 7, 3, &two));
    CHECK(one.lower == two.lower && one.upper == two.upper && one.lower < one.upper && one.replicates == 200);
    crm_test_result result = {.struct_size = sizeof result};
    OK(crm_uplift_curve_top(curve, 0.5, CRM_TOP_SHARE_EVERYBODY, NULL, &result));
    CHECK(result.difference == 1.0);
    FAILS(crm_uplift_curve_top(curve, 0.0, CRM_TOP_SHARE_EVERYBODY, NULL, &result), CRM_STATUS_INVALID_ARGUMENT, "share");
    FAILS(crm_uplift_curve_score(curve, 1, CRM_UPLIFT_SCALE_OPTIMUM_WITHOUT_HARM, &found), CRM_STATUS_INVALID_ARGUMENT,
          "scale");
    crm_uplift_curve_free(curve);
}

int main(void) {
    buckets();
    splits();
    plans();
    selection();
    contacts_and_quotas();
    measurement();
    uplift();
    return 0;
}
