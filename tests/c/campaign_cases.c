/* Shared cases of selections, uplift curves and adjusted revenue, as Rust and Python run them. */
#include "experiment.h"

/* Texts as C takes them, null as NULL; numbers as NaN where null. Free with `release`. */
static crm_ids texts_of(const json *values) {
    const char **names = json_grow(NULL, (values->count + 1) * sizeof *names);
    for (size_t row = 0; row < values->count; row++) names[row] = values->items[row].text;
    return (crm_ids){NULL, names, values->count};
}

static int has_texts(const json *values) {
    for (size_t row = 0; row < values->count; row++)
        if (values->items[row].kind == JSON_TEXT) return 1;
    return 0;
}

static crm_ids ids_of(const json *values) {
    if (has_texts(values)) return texts_of(values);
    int64_t *numbers = json_grow(NULL, (values->count + 1) * sizeof *numbers);
    for (size_t row = 0; row < values->count; row++) numbers[row] = values->items[row].integer;
    return (crm_ids){numbers, NULL, values->count};
}

static void release(crm_ids ids) {
    free((void *)ids.integers);
    free((void *)ids.texts);
}

static double *with_missing(const json *values) {
    double *out = json_grow(NULL, (values->count + 1) * sizeof *out);
    for (size_t row = 0; row < values->count; row++)
        out[row] = values->items[row].kind == JSON_NULL ? NAN : number(&values->items[row]);
    return out;
}

/* JSON back to text, for rules, which the library reads itself. */
typedef struct {
    char *text;
    size_t length, room;
} writer;

static void put(writer *to, const char *text) {
    const size_t length = strlen(text);
    if (to->length + length + 1 > to->room) to->text = json_grow(to->text, to->room = 2 * (to->length + length + 1));
    memcpy(to->text + to->length, text, length + 1);
    to->length += length;
}

static void put_text(writer *to, const char *text) {
    put(to, "\"");
    for (; *text != '\0'; text++) {
        const char plain[] = {*text, '\0'}, escaped[] = {'\\', *text, '\0'};
        put(to, *text == '"' || *text == '\\' ? escaped : plain);
    }
    put(to, "\"");
}

static void put_json(writer *to, const json *value) {
    char digits[40];
    switch (value->kind) {
    case JSON_NULL: put(to, "null"); break;
    case JSON_FALSE: put(to, "false"); break;
    case JSON_TRUE: put(to, "true"); break;
    case JSON_TEXT: put_text(to, value->text); break;
    case JSON_NUMBER:
        if (value->is_integer) {
            snprintf(digits, sizeof digits, "%lld", (long long)value->integer);
        } else {
            snprintf(digits, sizeof digits, "%.17g", value->number);
        }
        put(to, digits);
        break;
    default:
        put(to, value->kind == JSON_ARRAY ? "[" : "{");
        for (size_t place = 0; place < value->count; place++) {
            if (place > 0) put(to, ", ");
            if (value->kind == JSON_OBJECT) {
                put_text(to, value->keys[place]);
                put(to, ": ");
            }
            put_json(to, &value->items[place]);
        }
        put(to, value->kind == JSON_ARRAY ? "]" : "}");
    }
}

static void add_step(crm_selection *plan, const json *step) {
    const char *kind = member(step, "step")->text, *name = member(step, "name")->text;
    if (strcmp(kind, "rule") == 0) {
        writer rule = {NULL, 0, 0};
        put_json(&rule, member(step, "rule"));
        OK(crm_selection_add_rule(plan, name, rule.text));
        free(rule.text);
    } else if (strcmp(kind, "opted_in") == 0) {
        OK(crm_selection_add_opted_in(plan, name, member(step, "column")->text));
    } else if (strcmp(kind, "not_opted_out") == 0) {
        OK(crm_selection_add_not_opted_out(plan, name, member(step, "column")->text));
    } else if (strcmp(kind, "without") == 0) {
        OK(crm_selection_add_holdout(plan, name, member(step, "salt")->text, number_of(step, "share")));
    } else {
        const crm_ids ids = ids_of(member(step, "ids"));
        if (strcmp(kind, "do_not_contact") == 0) {
            OK(crm_selection_add_do_not_contact(plan, name, &ids));
        } else if (strcmp(kind, "not_in_campaign") == 0) {
            OK(crm_selection_add_not_in_campaign(plan, name, &ids));
        } else {
            CHECK(strcmp(kind, "contacts_at_most") == 0);
            const json *given = member(step, "days");
            int32_t *days = json_grow(NULL, (given->count + 1) * sizeof *days);
            for (size_t row = 0; row < given->count; row++) days[row] = (int32_t)given->items[row].integer;
            OK(crm_selection_add_contact_limit(plan, name, &ids, days, given->count, (int32_t)member(step, "as_of")->integer,
                                               (uint32_t)member(step, "at_most")->integer,
                                               (uint32_t)member(step, "within_days")->integer));
            free(days);
        }
        release(ids);
    }
}

static crm_selection *plan_of(const json *of) {
    const json *steps = member(of, "steps"), *segments = maybe(of, "segment_quotas"), *order = maybe(of, "rank_order");
    crm_selection *plan = NULL;
    OK(crm_selection_new(&plan));
    for (size_t step = 0; step < steps->count; step++) add_step(plan, &steps->items[step]);
    if (maybe(of, "ties") != NULL) OK(crm_selection_ties_by_hash(plan, member(of, "ties")->text));
    if (maybe(of, "rank_by") != NULL) {
        const int ascending = order != NULL && strcmp(order->text, "ascending") == 0;
        OK(crm_selection_rank_by(plan, member(of, "rank_by")->text,
                                 ascending ? CRM_RANK_ORDER_ASCENDING : CRM_RANK_ORDER_DESCENDING));
    }
    if (maybe(of, "quota") != NULL) OK(crm_selection_set_quota(plan, (uint64_t)member(of, "quota")->integer));
    if (segments != NULL) {
        const json *given = member(segments, "quotas");
        const char *names[16];
        uint64_t limits[16];
        CHECK(given->count <= COUNT(names));
        for (size_t place = 0; place < given->count; place++) {
            names[place] = given->keys[place];
            limits[place] = (uint64_t)given->items[place].integer;
        }
        OK(crm_selection_set_segment_quotas(plan, member(segments, "column")->text, names, limits, given->count,
                                            (int64_t)number_or(segments, "others", -1.0)));
    }
    return plan;
}

static crm_target_table *table_of(const json *of) {
    const json *columns = member(of, "columns");
    const crm_ids ids = ids_of(member(of, "ids"));
    crm_target_table *table = NULL;
    OK(crm_target_table_new(&ids, &table));
    for (size_t place = 0; place < columns->count; place++) {
        const json *column = &columns->items[place];
        if (has_texts(column)) {
            const crm_ids texts = texts_of(column);
            OK(crm_target_table_add_texts(table, columns->keys[place], &texts));
            release(texts);
        } else {
            double *values = with_missing(column);
            OK(crm_target_table_add_numbers(table, columns->keys[place], values, column->count));
            free(values);
        }
    }
    release(ids);
    return table;
}

static void selections(void) {
    json file = json_read("tests/cases/campaign/selections.json");
    const json *cases = member(&file, "cases");
    CHECK(cases->count == 14);
    for (size_t place = 0; place < cases->count; place++) {
        const json *of = &cases->items[place], *expected = member(of, "expected");
        const json *chosen = member(expected, "selected"), *first = member(expected, "first");
        const json *firsts = member(expected, "first_counts"), *any = member(expected, "any_counts");
        crm_target_table *table = table_of(of);
        crm_selection *plan = plan_of(of);
        crm_selected *selected = NULL;
        OK(crm_selection_select(plan, table, &selected));
        CHECK(crm_selected_count(selected) == chosen->count && crm_selected_customers(selected) == first->count);
        uint32_t *rows = json_grow(NULL, (chosen->count + 1) * sizeof *rows);
        int32_t *reasons = json_grow(NULL, (first->count + 1) * sizeof *reasons);
        OK(crm_selected_rows(selected, rows, chosen->count));
        OK(crm_selected_first_reasons(selected, reasons, first->count));
        for (size_t row = 0; row < chosen->count; row++) CHECK(rows[row] == chosen->items[row].integer);
        for (size_t row = 0; row < first->count; row++) CHECK(reasons[row] == first->items[row].integer);
        CHECK(crm_selected_reason_count(selected) == firsts->count);
        for (size_t index = 0; index < firsts->count; index++) {
            crm_reason reason = {.struct_size = sizeof reason};
            OK(crm_selected_reason(selected, index, &reason));
            CHECK((int64_t)reason.first == firsts->items[index].integer && (int64_t)reason.any == any->items[index].integer);
        }
        free(rows);
        free(reasons);
        crm_selected_free(selected);
        crm_selection_free(plan);
        crm_target_table_free(table);
    }
    json_free(&file);
}

static void uplift(void) {
    json file = json_read("tests/cases/campaign/uplift.json");
    const json *cases = member(&file, "cases");
    CHECK(cases->count == 2);
    for (size_t place = 0; place < cases->count; place++) {
        const json *of = &cases->items[place], *customers = member(of, "customers"), *qini = member(of, "qini");
        const size_t rows = member(of, "score")->count;
        double *score = numbers(member(of, "score")), *outcome = numbers(member(of, "outcome"));
        uint8_t *target = json_grow(NULL, rows);
        for (size_t row = 0; row < rows; row++) target[row] = (uint8_t)member(of, "target")->items[row].integer;
        crm_uplift_curve *curve = NULL;
        OK(crm_uplift_curve_new(score, target, outcome, rows, &curve));
        const size_t length = crm_uplift_curve_length(curve);
        CHECK(length == customers->count && length == qini->count);
        uint64_t *counts = json_grow(NULL, length * sizeof *counts);
        double *heights = json_grow(NULL, length * sizeof *heights);
        OK(crm_uplift_curve_customers(curve, counts, length));
        OK(crm_uplift_curve_heights(curve, CRM_UPLIFT_CURVE_KIND_QINI, heights, length));
        for (size_t row = 0; row < length; row++) {
            CHECK((int64_t)counts[row] == customers->items[row].integer);
            near(heights[row], number(&qini->items[row]), 1e-12, 1.0);
        }
        crm_uplift_score found = {.struct_size = sizeof found};
        OK(crm_uplift_curve_score(curve, CRM_UPLIFT_CURVE_KIND_QINI, CRM_UPLIFT_SCALE_OPTIMUM, &found));
        near(found.value, number_of(of, "qini_optimum"), 1e-12, 1.0);
        OK(crm_uplift_curve_score(curve, CRM_UPLIFT_CURVE_KIND_GAIN, CRM_UPLIFT_SCALE_OPTIMUM, &found));
        near(found.value, number_of(of, "gain_optimum"), 1e-12, 1.0);
        if (maybe(of, "uplift_at_30_percent") != NULL) {
            crm_test_result top = {.struct_size = sizeof top};
            OK(crm_uplift_curve_top(curve, 0.3, CRM_TOP_SHARE_EVERYBODY, NULL, &top));
            near(top.difference, number_of(of, "uplift_at_30_percent"), 1e-14, 1.0);
            OK(crm_uplift_curve_top(curve, 0.3, CRM_TOP_SHARE_EACH_ARM, NULL, &top));
            near(top.difference, number_of(of, "uplift_at_30_percent_of_each_arm"), 1e-14, 1.0);
        }
        crm_uplift_curve_free(curve);
        free(heights);
        free(counts);
        free(target);
        free(outcome);
        free(score);
    }
    json_free(&file);
}

static void near_end(double value, const json *ends, size_t place) {
    near(value, number(&ends->items[place]), 1e-11, 1e-3);
}

static void adjusted(void) {
    json file = json_read("tests/cases/campaign/adjusted.json");
    const json *cases = member(&file, "cases");
    CHECK(cases->count == 9);
    for (size_t place = 0; place < cases->count; place++) {
        const json *of = &cases->items[place], *sides[] = {member(of, "target"), member(of, "control")};
        const crm_arm arms[] = {{"mail", 1.0, 0, 0}, {"none", 1.0, 1, 0}};
        const char *names[400];
        double before[400] = {0.0}, revenue[400] = {0.0};
        size_t rows = 0;
        for (int side = 0; side < 2; side++) {
            const json *given = member(sides[side], "rows");
            for (size_t row = 0; row < given->count; row++) {
                before[rows + row] = number(&given->items[row].items[0]);
                revenue[rows + row] = number(&given->items[row].items[1]);
            }
            const size_t end = rows + (size_t)number_of(sides[side], "count");
            CHECK(end <= 400);
            while (rows < end) names[rows++] = arms[side].name;
        }
        const crm_ids arm_of_each = {NULL, names, rows};
        crm_campaign_outcomes *outcomes = NULL;
        crm_campaign_report *report = NULL;
        OK(crm_campaign_outcomes_new(&arm_of_each, arms, 2, &outcomes));
        OK(crm_campaign_outcomes_add_metric(outcomes, CRM_CAMPAIGN_METRIC_REVENUE, revenue, rows));
        OK(crm_campaign_outcomes_add_covariate(outcomes, before, rows));
        OK(crm_campaign_outcomes_measure(outcomes, NULL, NULL, 0, &report));
        crm_campaign_effect effect = {.struct_size = sizeof effect};
        crm_test_result result = {.struct_size = sizeof result};
        OK(crm_campaign_report_effect(report, 0, &effect));
        OK(crm_campaign_report_effect_result(report, 0, &result));
        near(result.statistic, number_of(of, "statistic"), 1e-12, 1e-3);
        near(result.ln_p_value, number_of(member(of, "ln_p"), "two_sided"), 1e-11, 1e-3);
        near_end(result.lower, member(of, "interval"), 0);
        near_end(result.upper, member(of, "interval"), 1);
        if (maybe(of, "lift") != NULL) {
            near_end(effect.lift_lower, member(of, "lift"), 0);
            near_end(effect.lift_upper, member(of, "lift"), 1);
        }
        crm_campaign_report_free(report);
        crm_campaign_outcomes_free(outcomes);
    }
    json_free(&file);
}

int main(void) {
    selections();
    uplift();
    adjusted();
    return 0;
}
