/*
 * The hard points that all languages share: tests/cases/clv, each value to nine digits of its truth. Argument: a stride, to
 * check every so-maniest point only; under valgrind, which is slow, that is every fifteenth.
 */
#include "check.h"
#include "json.h"

static const char *POINT;
static size_t COMPARED, WRONG;

#define EXPECT(condition)                                                                                              \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            fprintf(stderr, "%s: not true: %s (last error: %s)\n", POINT, #condition, crm_last_error_message());       \
            exit(1);                                                                                                   \
        }                                                                                                              \
    } while (0)

static const json *need(const json *object, const char *key) {
    const json *found = json_get(object, key);
    if (found == NULL) {
        fprintf(stderr, "%s: no \"%s\"\n", POINT, key);
        exit(1);
    }
    return found;
}

/* Truth is written as text, so that no reader rounds it twice. */
static double number(const json *value) {
    EXPECT(value->kind == JSON_NUMBER || value->kind == JSON_TEXT);
    if (value->kind == JSON_NUMBER) return value->number;
    char *end;
    double parsed = strtod(value->text, &end);
    EXPECT(end != value->text && *end == '\0');
    return parsed;
}

/* Relative, and absolute below 1e-300. */
static void compare(const json *truth, const char *name, double value) {
    const json *expected = json_get(truth, name);
    if (expected == NULL || expected->kind == JSON_NULL) return;
    double error = fabs(value - number(expected));
    COMPARED++;
    if (error <= 1e-9 * fabs(number(expected)) || error < 1e-300) return;
    fprintf(stderr, "%s %s: %.17g, truth %.17g\n", POINT, name, value, number(expected));
    WRONG++;
}

static crm_prediction prediction(crm_prediction_kind kind) {
    crm_prediction out;
    EXPECT(crm_prediction_init(&out, sizeof out, kind) == CRM_STATUS_OK);
    return out;
}

static double ask(const crm_purchase_model *model, const crm_purchase_data *data, const crm_prediction *what) {
    double out;
    EXPECT(crm_purchase_model_predict(model, data, what, &out, 1) == CRM_STATUS_OK);
    return out;
}

static crm_purchase_model *model_of(int32_t kind, const json *params) {
    double parameters[4];
    crm_purchase_model *model = NULL;
    EXPECT(params->count == 4);
    for (size_t index = 0; index < 4; index++) parameters[index] = number(&params->items[index]);
    EXPECT(crm_purchase_model_from_parameters(kind, parameters, 4, CRM_TIME_UNIT_WEEK, &model) == CRM_STATUS_OK);
    return model;
}

static void purchase_point(const json *point, int32_t kind) {
    const json *truth = need(point, "truth"), *delta = json_get(point, "delta");
    int is_discrete = kind == CRM_PURCHASE_KIND_BG_BB;
    double x = number(need(point, "x")), last = number(need(point, "t_x"));
    double age = number(need(point, is_discrete ? "n" : "T"));
    double ahead = number(need(point, is_discrete ? "n_star" : "t"));
    crm_horizon horizon = {ahead, CRM_TIME_UNIT_WEEK, CRM_HORIZON_KIND_WITHIN};
    crm_horizon forever = {0.0, 0, CRM_HORIZON_KIND_FOREVER};
    crm_purchase_model *model = model_of(kind, need(point, "params"));
    crm_purchase_data *data = NULL, *newcomer = NULL;
    EXPECT(crm_purchase_data_new(&x, &last, &age, 1, CRM_TIME_UNIT_WEEK, &data) == CRM_STATUS_OK);
    EXPECT(crm_purchase_data_newcomers(1, CRM_TIME_UNIT_WEEK, &newcomer) == CRM_STATUS_OK);

    double log_likelihood;
    EXPECT(crm_purchase_model_log_likelihood(model, data, &log_likelihood) == CRM_STATUS_OK);
    compare(truth, "loglik", log_likelihood);

    crm_prediction what = prediction(CRM_PREDICTION_KIND_ALIVE);
    compare(truth, "p_alive", ask(model, data, &what));
    what = prediction(CRM_PREDICTION_KIND_ALIVE_AFTER);
    what.horizon = horizon;
    if (is_discrete) what.horizon.length = number(need(point, "m"));
    compare(truth, "p_alive_after", ask(model, data, &what));
    what = prediction(CRM_PREDICTION_KIND_PURCHASES);
    what.horizon = horizon;
    compare(truth, "cet", ask(model, data, &what));
    if (is_discrete) what.horizon.length = age;
    compare(truth, "ex", ask(model, newcomer, &what));
    what = prediction(CRM_PREDICTION_KIND_DISCOUNTED_PURCHASES);
    what.horizon = forever;
    what.discount_rate.rate = number(is_discrete ? need(point, "d") : delta);
    what.discount_rate.unit = CRM_TIME_UNIT_WEEK;
    what.discount_rate.compounding = is_discrete ? CRM_COMPOUNDING_EFFECTIVE : CRM_COMPOUNDING_CONTINUOUS;
    compare(truth, "dert", ask(model, data, &what));
    what.horizon = horizon;
    compare(truth, "dect", ask(model, data, &what));
    what = prediction(CRM_PREDICTION_KIND_PURCHASE_PROBABILITY);
    what.horizon = horizon;
    what.purchases = (uint32_t)number(need(point, "k"));
    compare(truth, "cpmf", ask(model, data, &what));
    what.purchases = (uint32_t)number(is_discrete ? need(point, "x") : need(point, "n_pmf"));
    if (is_discrete) what.horizon.length = age;
    compare(truth, "pmf", ask(model, newcomer, &what));
    what = prediction(CRM_PREDICTION_KIND_BUYS_WITHIN);
    what.horizon = forever;
    compare(truth, "p_again", ask(model, data, &what));

    crm_purchase_data_free(newcomer);
    crm_purchase_data_free(data);
    crm_purchase_model_free(model);
}

static void spend_point(const json *point) {
    const json *truth = need(point, "truth"), *params = need(point, "params");
    double x = number(need(point, "x")), mean = number(need(point, "mean")), value;
    crm_spend_model *model = NULL;
    crm_spend_data *data = NULL;
    EXPECT(params->count == 3);
    EXPECT(crm_spend_model_from_parameters(number(&params->items[0]), number(&params->items[1]),
                                           number(&params->items[2]), &model) == CRM_STATUS_OK);
    EXPECT(crm_spend_data_new(&x, &mean, 1, CRM_POLICY_EXCLUDE, &data) == CRM_STATUS_OK);
    if (x > 0.0) {
        EXPECT(crm_spend_model_log_likelihood(model, data, &value) == CRM_STATUS_OK);
        compare(truth, "loglik", value);
    }
    EXPECT(crm_spend_model_expected_mean_spend_where_defined(model, &x, &mean, 1, &value) == CRM_STATUS_OK);
    compare(truth, "mean", value);
    if (crm_spend_model_population_mean(model, &value) == CRM_STATUS_OK) compare(truth, "population_mean", value);
    crm_spend_data_free(data);
    crm_spend_model_free(model);
}

static void run(const char *path, size_t stride) {
    json file = json_read(path);
    POINT = path;
    const json *points = need(&file, "points");
    EXPECT(points->kind == JSON_ARRAY && points->count > 100);
    size_t before = COMPARED, checked = 0;
    for (size_t index = 0; index < points->count; index += stride) {
        const json *point = &points->items[index];
        const char *model = need(point, "model")->text;
        POINT = need(point, "id")->text;
        const char *const kinds[] = {"bgnbd", "mbgnbd", "pnbd", "bgbb"};
        for (size_t kind = 0; kind < COUNT(kinds); kind++)
            if (strcmp(model, kinds[kind]) == 0) purchase_point(point, (int32_t)kind), checked++;
        if (strcmp(model, "gg") == 0) spend_point(point), checked++;
    }
    POINT = path;
    EXPECT(checked > 0 && COMPARED - before > 2 * checked);
    json_free(&file);
}

int main(int count, char **arguments) {
    const char *preloaded = getenv("LD_PRELOAD");
    size_t stride = preloaded != NULL && strstr(preloaded, "vgpreload") != NULL ? 15 : 1;
    if (count > 1) stride = (size_t)strtoul(arguments[1], NULL, 10);
    CHECK(stride > 0);
    run("tests/cases/clv/grid_continuous.json", stride);
    run("tests/cases/clv/grid_discrete.json", stride);
    if (WRONG > 0) fprintf(stderr, "%zu of %zu values are wrong\n", WRONG, COMPARED);
    return WRONG == 0 ? 0 : 1;
}
