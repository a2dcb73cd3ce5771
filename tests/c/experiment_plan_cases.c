/* Shared cases of plans: sizes, power and detectable effects, as Rust and Python run them. */
#include "experiment.h"

static const char *const RATE_METHODS[] = {"score", "pooled", "unpooled", "arcsine"}, *const MEAN_METHODS[] = {"welch", "student", "z"};
static const char *const TAILS[] = {"near", "both"}, *const SHARING[] = {"bonferroni", "sidak", "dunnett", "none"};

static crm_plan_options options_of(const json *of) {
    crm_plan_options options;
    OK(crm_plan_options_init(&options, sizeof options));
    if (maybe(of, "contrast") != NULL) options.contrast = CODE(CONTRASTS, member(of, "contrast")->text);
    if (maybe(of, "alternative") != NULL) options.alternative = CODE(ALTERNATIVES, member(of, "alternative")->text);
    if (maybe(of, "tails") != NULL) options.tails = CODE(TAILS, member(of, "tails")->text);
    if (maybe(of, "sharing") != NULL) options.sharing = CODE(SHARING, member(of, "sharing")->text);
    options.alpha = number_or(of, "alpha", 0.05);
    options.has_null = maybe(of, "null") != NULL;
    options.null = number_or(of, "null", 0.0);
    options.has_margins = maybe(of, "lower_margin") != NULL && maybe(of, "upper_margin") != NULL;
    options.lower_margin = number_or(of, "lower_margin", 0.0);
    options.upper_margin = number_or(of, "upper_margin", 0.0);
    options.control_per_target = number_or(of, "control_per_target", 1.0);
    options.targets = (uint32_t)number_or(of, "targets", 1.0);
    return options;
}

static int is_of_rates(const json *of) { return maybe(of, "kind") != NULL && strcmp(member(of, "kind")->text, "proportion") == 0; }

static double power_of(const json *of, double effect, double count) {
    const crm_plan_options options = options_of(of);
    const char *method = member(of, "method")->text;
    double out = 0.0;
    if (is_of_rates(of)) {
        OK(crm_plan_proportion_power(number_of(of, "control_rate"), CODE(RATE_METHODS, method), &options, effect, count, &out));
    } else {
        OK(crm_plan_mean_power(number_of(of, "target_deviation"), number_of(of, "control_deviation"), CODE(MEAN_METHODS, method),
                               &options, effect, count, &out));
    }
    return out;
}

static crm_sample_size size_of(const json *of, double effect, double power) {
    const crm_plan_options options = options_of(of);
    const char *method = member(of, "method")->text;
    crm_sample_size out = {.struct_size = sizeof out};
    if (is_of_rates(of)) {
        OK(crm_plan_proportion_sample_size(number_of(of, "control_rate"), CODE(RATE_METHODS, method), &options, effect, power,
                                           &out));
    } else {
        OK(crm_plan_mean_sample_size(number_of(of, "target_deviation"), number_of(of, "control_deviation"),
                                     CODE(MEAN_METHODS, method), &options, effect, power, &out));
    }
    return out;
}

static void plans(const json *cases) {
    for (size_t place = 0; place < cases->count; place++) {
        const json *of = &cases->items[place], *pairs = maybe(of, "power_at");
        const double effect = number_of(of, "effect"), tolerance = number_of(of, "tolerance");
        if (maybe(of, "power") != NULL) {
            const crm_sample_size size = size_of(of, effect, number_of(of, "power"));
            near(size.target, number_or(of, "target", size.target), tolerance, 0.0);
            near(size.control, number_or(of, "control", size.control), tolerance, 0.0);
            near((double)size.target_count, number_or(of, "target_count", (double)size.target_count), tolerance, 0.0);
            CHECK(size.power >= number_of(of, "power") - 1e-12);
        }
        for (size_t row = 0; pairs != NULL && row < pairs->count; row++) {
            const json *pair = &pairs->items[row];
            near(power_of(of, effect, number(&pair->items[0])), number(&pair->items[1]), tolerance, 0.0);
        }
    }
    CHECK(cases->count > 25);
}

static void detectable(const json *cases) {
    for (size_t place = 0; place < cases->count; place++) {
        const json *of = &cases->items[place];
        const crm_plan_options options = options_of(of);
        double up = 0.0, down = 0.0;
        const double target = number_of(of, "target_deviation"), control = number_of(of, "control_deviation");
        const double count = number_of(of, "target_count"), power = number_of(of, "power");
        const int32_t method = CODE(MEAN_METHODS, member(of, "method")->text);
        OK(crm_plan_mean_detectable(target, control, method, &options, count, power, CRM_EFFECT_DIRECTION_INCREASE, &up));
        OK(crm_plan_mean_detectable(target, control, method, &options, count, power, CRM_EFFECT_DIRECTION_DECREASE, &down));
        near(up, number_of(of, "effect"), 1e-12, 0.0);
        near(down, -number_of(of, "effect"), 1e-12, 0.0);
    }
    CHECK(cases->count == 2);
}

/* C has no function for the effect size alone; it is what the arcsine plan is about. */
static void effects(const json *cases) {
    for (size_t place = 0; place < cases->count; place++) {
        const json *of = &cases->items[place];
        const double target = number_of(of, "target_rate"), control = number_of(of, "control_rate");
        const double h = number_of(of, "cohens_h");
        crm_plan_options options;
        double found = 0.0;
        OK(crm_plan_options_init(&options, sizeof options));
        options.tails = CRM_COUNTED_TAILS_NEAR;
        OK(crm_plan_proportion_power(control, CRM_PROPORTION_PLAN_METHOD_ARCSINE, &options, target, 200.0, &found));
        /* P(Z < h sqrt(n / 2) - 1.96). */
        near(found, 0.5 * erfc(-(h * 10.0 - 1.959963984540054) / sqrt(2.0)), 1e-12, 0.0);
    }
    CHECK(cases->count == 1);
}

static const char *const RANK_METHODS[] = {"mann_whitney", "brunner_munzel", "noether"};
static const char *const ONE_RATE_METHODS[] = {"wilson",   "clopper_pearson",   "minimum_likelihood", "mid_p",
                                               "jeffreys", "jeffreys_modified", "agresti_coull",      "wald"};

static void ranks(const json *cases) {
    for (size_t place = 0; place < cases->count; place++) {
        const json *of = &cases->items[place], *powers = member(of, "power_at");
        const crm_plan_options options = options_of(of);
        const int32_t method = CODE(RANK_METHODS, member(of, "method")->text);
        const double effect = number_of(of, "effect");
        crm_rank_plan *plan = NULL;
        if (maybe(of, "target") != NULL) {
            double *target = numbers(member(of, "target")), *control = numbers(member(of, "control"));
            OK(crm_rank_plan_from_categories(target, control, member(of, "target")->count, method, &options, &plan));
            near(crm_rank_plan_superiority(plan), effect, 1e-14, 0.0);
            free(target);
            free(control);
        } else {
            OK(crm_rank_plan_normal(number_of(of, "target_deviation"), number_of(of, "control_deviation"), method, &options, &plan));
        }
        for (size_t row = 0; row < powers->count; row++) {
            const json *pair = powers->items[row].items;
            double power = 0.0;
            OK(crm_rank_plan_power(plan, effect, number(&pair[0]), &power));
            CHECK(fabs(power - number(&pair[1])) <= number_of(of, "tolerance"));
        }
        crm_rank_plan_free(plan);
    }
    CHECK(cases->count == 12);
}

static void pilot_and_noether(const json *all) {
    const json *of = member(all, "pilot");
    double *target = numbers(member(of, "target")), *control = numbers(member(of, "control"));
    crm_rank_plan *plan = NULL;
    crm_sample_size size = {.struct_size = sizeof size};
    OK(crm_rank_plan_from_samples(target, member(of, "target")->count, control, member(of, "control")->count,
                                  CRM_RANK_PLAN_METHOD_MANN_WHITNEY, NULL, 0, &plan));
    const double superiority = crm_rank_plan_superiority(plan);
    CHECK(fabs(superiority - number_of(of, "effect")) <= 1e-7);
    OK(crm_rank_plan_sample_size(plan, superiority, 0.8, &size));
    near(size.target + size.control, number_of(of, "total"), number_of(of, "tolerance"), 0.0);
    crm_rank_plan_free(plan);
    free(target);
    free(control);
    of = member(all, "noether");
    crm_plan_options options = options_of(of);
    options.alternative = CRM_ALTERNATIVE_GREATER;
    OK(crm_rank_plan_normal(1.0, 1.0, CRM_RANK_PLAN_METHOD_NOETHER, &options, &plan));
    OK(crm_rank_plan_sample_size(plan, number_of(of, "effect"), number_of(of, "power"), &size));
    near(size.target + size.control, number_of(of, "total"), 1e-10, 0.0);
    crm_rank_plan_free(plan);
}

static void exact_tests(const json *cases) {
    for (size_t place = 0; place < cases->count; place++) {
        const json *of = &cases->items[place], *powers = maybe(of, "power_at");
        const crm_plan_options options = options_of(of);
        const int32_t method = CODE(PROPORTION_METHODS, member(of, "method")->text);
        const double rate = number_of(of, "control_rate"), effect = number_of(of, "effect"), tolerance = number_of(of, "tolerance");
        for (size_t row = 0; powers != NULL && row < powers->count; row++) {
            const json *pair = powers->items[row].items;
            double power = 0.0;
            OK(crm_plan_exact_power(rate, method, &options, effect, (uint64_t)pair[0].integer, &power));
            CHECK(fabs(power - number(&pair[1])) <= tolerance);
        }
        if (maybe(of, "target_count") != NULL) {
            crm_sample_size size = {.struct_size = sizeof size};
            OK(crm_plan_exact_sample_size(rate, method, &options, effect, number_of(of, "power"), &size));
            CHECK((int64_t)size.target_count == member(of, "target_count")->integer);
            near(size.power, number_of(of, "power_of_size"), 1e-12, 0.0);
        }
    }
    CHECK(cases->count == 16);
}

static void one_rate(const json *cases) {
    for (size_t place = 0; place < cases->count; place++) {
        const json *of = &cases->items[place], *powers = maybe(of, "power_at");
        const crm_plan_options options = options_of(of);
        const int32_t method = CODE(ONE_RATE_METHODS, member(of, "method")->text);
        const double null = number_of(of, "null"), effect = number_of(of, "effect"), tolerance = number_of(of, "tolerance");
        for (size_t row = 0; powers != NULL && row < powers->count; row++) {
            const json *pair = powers->items[row].items;
            double power = 0.0;
            OK(crm_plan_rate_power(null, method, options.alternative, options.alpha, options.tails, effect,
                                   (uint64_t)pair[0].integer, &power));
            CHECK(fabs(power - number(&pair[1])) <= tolerance);
        }
        if (maybe(of, "count") != NULL) {
            crm_rate_sample_size size = {.struct_size = sizeof size};
            OK(crm_plan_rate_sample_size(null, method, options.alternative, options.alpha, options.tails, effect,
                                         number_of(of, "power"), &size));
            CHECK((int64_t)size.count == member(of, "count")->integer);
            near(size.power, number_of(of, "power_of_size"), 1e-12, 0.0);
        }
    }
    CHECK(cases->count == 7);
}

int main(void) {
    json file = json_read("tests/cases/experiment/planning.json");
    plans(member(&file, "plans"));
    detectable(member(&file, "detectable"));
    effects(member(&file, "effects"));
    json_free(&file);
    json plans = json_read("tests/cases/experiment/plans.json");
    ranks(member(&plans, "ranks"));
    pilot_and_noether(&plans);
    exact_tests(member(&plans, "exact"));
    one_rate(member(&plans, "rates"));
    json_free(&plans);
    return 0;
}
