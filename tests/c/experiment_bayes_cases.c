/* Shared cases of posteriors by quadrature, as Rust and Python run them. */
#include "experiment.h"

static crm_beta beta_of(const json *pair) { return (crm_beta){number(&pair->items[0]), number(&pair->items[1])}; }

/* Ends of an interval agree relative to its width. */
static void near_ends(double lower, double upper, const json *known, double tolerance) {
    const double from = number(&known->items[0]), to = number(&known->items[1]);
    CHECK(fabs(lower - from) <= tolerance * (to - from) && fabs(upper - to) <= tolerance * (to - from));
}

static crm_bayes_result ask(const crm_beta *target, const crm_beta *control, int32_t contrast, int32_t kind, double rope) {
    crm_bayes_options options;
    crm_bayes_result out = {.struct_size = sizeof out};
    OK(crm_bayes_options_init(&options, sizeof options));
    options.contrast = contrast;
    options.credible_interval = kind;
    options.rope_lower = options.rope_upper = rope;
    OK(crm_compare_rates_bayes(target, control, &options, &out));
    return out;
}

static void comparisons(const json *cases) {
    for (size_t place = 0; place < cases->count; place++) {
        const json *of = &cases->items[place];
        const crm_beta target = beta_of(member(of, "target")), control = beta_of(member(of, "control"));
        const crm_bayes_result out =
            ask(&target, &control, CRM_CONTRAST_DIFFERENCE, CRM_CREDIBLE_KIND_EQUAL_TAILED, 0.0);
        near(out.p_target_better, number_of(of, "p_target_better"), 1e-11, 0.0);
        near(out.p_control_better, number_of(of, "p_control_better"), 1e-11, 0.0);
        near(out.loss_target, number_of(of, "loss_target"), 1e-11, 0.0);
        near(out.loss_control, number_of(of, "loss_control"), 1e-11, 0.0);
        near_ends(out.lower, out.upper, member(of, "difference"), 1e-10);
        const crm_bayes_result shortest =
            ask(&target, &control, CRM_CONTRAST_DIFFERENCE, CRM_CREDIBLE_KIND_HIGHEST_DENSITY, 0.0);
        near_ends(shortest.lower, shortest.upper, member(of, "difference_shortest"), 1e-9);
        const crm_bayes_result lift = ask(&target, &control, CRM_CONTRAST_LIFT, CRM_CREDIBLE_KIND_EQUAL_TAILED, 0.0);
        near_ends(lift.lower, lift.upper, member(of, "lift"), 1e-10);
        for (int32_t contrast = 0; contrast < 2; contrast++) {
            const json *pairs = member(of, contrast == 0 ? "difference_below" : "lift_below");
            for (size_t row = 0; row < pairs->count; row++) {
                const json *pair = &pairs->items[row];
                const double rope = number(&pair->items[0]);
                near(ask(&target, &control, contrast, CRM_CREDIBLE_KIND_EQUAL_TAILED, rope).p_below_rope,
                     number(&pair->items[1]), 1e-10, 0.0);
            }
        }
    }
    CHECK(cases->count == 7);
}

static void rates(const json *cases) {
    for (size_t place = 0; place < cases->count; place++) {
        const json *of = &cases->items[place];
        const crm_beta rate = {number_of(of, "a"), number_of(of, "b")};
        double lower, upper;
        OK(crm_beta_interval(&rate, 0.05, CRM_CREDIBLE_KIND_EQUAL_TAILED, &lower, &upper));
        near_ends(lower, upper, member(of, "equal_tailed"), 1e-10);
        OK(crm_beta_interval(&rate, 0.05, CRM_CREDIBLE_KIND_HIGHEST_DENSITY, &lower, &upper));
        near_ends(lower, upper, member(of, "shortest"), 1e-10);
    }
    CHECK(cases->count == 5);
}

enum { MOST = 16 };

static void best(const json *cases, const json *effects) {
    double p[MOST], loss[MOST];
    for (size_t place = 0; place < cases->count; place++) {
        const json *of = &cases->items[place], *arms = member(of, "arms");
        crm_beta given[MOST];
        CHECK(arms->count <= MOST);
        for (size_t arm = 0; arm < arms->count; arm++) given[arm] = beta_of(&arms->items[arm]);
        OK(crm_best_rate(given, arms->count, p, NULL, loss));
        for (size_t arm = 0; arm < arms->count; arm++) {
            near(p[arm], number(&member(of, "p_best")->items[arm]), 1e-11, 0.0);
            near(loss[arm], number(&member(of, "expected_loss")->items[arm]), 1e-11, 0.0);
        }
    }
    for (size_t place = 0; place < effects->count; place++) {
        const json *of = &effects->items[place], *arms = member(of, "effects");
        crm_effect given[MOST];
        CHECK(arms->count <= MOST);
        for (size_t arm = 0; arm < arms->count; arm++) {
            const json *pair = &arms->items[arm];
            given[arm] = (crm_effect){number(&pair->items[0]), number(&pair->items[1]), INFINITY, 0.0, 0.0};
        }
        OK(crm_best_effect(given, arms->count, p, NULL, NULL));
        for (size_t arm = 0; arm < arms->count; arm++) near(p[arm], number(&member(of, "p_best")->items[arm]), 1e-11, 0.0);
    }
    CHECK(cases->count == 3 && effects->count == 2);
}

int main(void) {
    json file = json_read("tests/cases/experiment/bayes_grid.json");
    comparisons(member(&file, "comparisons"));
    rates(member(&file, "rates"));
    best(member(&file, "best"), member(&file, "effects"));
    json_free(&file);
    return 0;
}
