/* Posteriors of rates and effects: tests/cases/experiment/bayes_oracle.json, and misuse. */
#include "check.h"
#include "json.h"

static const json *member(const json *object, const char *key) {
    const json *found = json_get(object, key);
    CHECK(found != NULL);
    return found;
}

/* A number as such, or with its digits. */
static double number(const json *value) {
    if (value->kind == JSON_OBJECT) return number(member(value, "v"));
    if (value->kind == JSON_TEXT) return strtod(value->text, NULL);
    return value->number;
}

static void near(double value, double known) { CHECK(fabs(value - known) <= 2e-12 * fabs(known)); }

static crm_beta rate_of(const json *counts, const crm_beta *prior) {
    crm_beta out;
    OK(crm_beta_after(prior, (uint64_t)number(&counts->items[0]), (uint64_t)number(&counts->items[1]), &out));
    return out;
}

static void exact_sums(const json *cases) {
    size_t seen = 0;
    for (size_t place = 0; place < cases->count; place++) {
        const json *input = member(&cases->items[place], "input"), *known = member(&cases->items[place], "expected");
        if (json_get(input, "target") == NULL) continue;
        const json *given = member(input, "prior");
        const crm_beta prior = {number(&given->items[0]), number(&given->items[1])};
        const crm_beta target = rate_of(member(input, "target"), &prior);
        const crm_beta control = rate_of(member(input, "control"), &prior);
        crm_bayes_result out = {.struct_size = sizeof out};
        OK(crm_compare_rates_bayes(&target, &control, NULL, &out));
        near(out.ln_p_target_better, number(member(member(known, "p_target_gt_control"), "ln_p")));
        near(out.ln_p_control_better, number(member(member(known, "p_control_gt_target"), "ln_p")));
        near(out.loss_target, number(member(known, "expected_loss_choose_target")));
        near(out.loss_control, number(member(known, "expected_loss_choose_control")));
        near(out.estimate, number(member(known, "posterior_mean_diff")));
        seen++;
    }
    CHECK(seen == 5);
}

static void effects(void) {
    const crm_effect effect = {1.0, 0.02, INFINITY, 0.0, 0.0};
    crm_bayes_options options;
    crm_bayes_result out = {.struct_size = sizeof out};
    OK(crm_bayes_options_init(&options, sizeof options));
    CHECK(options.alpha == 0.05 && options.rope_lower == 0.0);
    options.rope_lower = -0.01;
    options.rope_upper = 0.01;
    OK(crm_decide_effect(&effect, &options, &out));
    near(out.ln_p_control_better, -1254.8313611394199);
    CHECK(out.p_in_rope == 0.0 && fabs(out.lower - 0.9608007203091989) < 1e-15);
    const crm_effect sceptic = {0.05, 0.04, INFINITY, 0.0, 0.03};
    OK(crm_decide_effect(&sceptic, NULL, &out));
    CHECK(fabs(out.estimate - 0.018) < 1e-15 && fabs(out.deviation - 0.024) < 1e-15);
    const crm_effect both = {0.05, 0.04, 9.0, 0.0, 0.03};
    FAILS(crm_decide_effect(&both, NULL, &out), CRM_STATUS_INVALID_ARGUMENT, "degrees_of_freedom");
    options.contrast = CRM_CONTRAST_LIFT;
    FAILS(crm_decide_effect(&effect, &options, &out), CRM_STATUS_INVALID_ARGUMENT, "contrast");
    FAILS(crm_decide_effect(NULL, NULL, &out), CRM_STATUS_NULL_POINTER, "effect");
    FAILS(crm_decide_effect(&effect, NULL, NULL), CRM_STATUS_NULL_POINTER, "out");
}

static void best(void) {
    const crm_beta arms[] = {{2.0, 1.0}, {1.0, 2.0}};
    const crm_effect effects[] = {{1.2, 0.3, INFINITY, 0.0, 0.0}, {1.0, 0.4, INFINITY, 0.0, 0.0}};
    double p[2], ln_p[2], loss[2];
    OK(crm_best_rate(arms, 2, p, ln_p, loss));
    CHECK(fabs(p[0] - 5.0 / 6.0) < 1e-12 && fabs(ln_p[1] - log(1.0 / 6.0)) < 1e-12);
    CHECK(fabs(loss[1] - loss[0] - 1.0 / 3.0) < 1e-12);
    OK(crm_best_effect(effects, 2, p, NULL, NULL));
    CHECK(fabs(p[0] - 0.6554217416103242) < 1e-12);
    FAILS(crm_best_rate(arms, 1, p, NULL, NULL), CRM_STATUS_INVALID_ARGUMENT, "arms");
    FAILS(crm_best_rate(NULL, 2, p, NULL, NULL), CRM_STATUS_NULL_POINTER, "arms");
}

static void rates(void) {
    crm_beta rate;
    double lower = 0.0, upper = 0.0;
    OK(crm_beta_after(NULL, 0, 999, &rate));
    CHECK(rate.alpha == 1.0 && rate.beta == 1000.0);
    /* P(rate > x) = (1 - x)^1000. */
    OK(crm_beta_interval(&rate, 0.05, CRM_CREDIBLE_KIND_HIGHEST_DENSITY, &lower, &upper));
    CHECK(lower == 0.0 && fabs(upper + expm1(log(0.05) / 1000.0)) < 1e-15);
    FAILS(crm_beta_interval(&rate, 0.05, 7, &lower, &upper), CRM_STATUS_INVALID_ARGUMENT, "credible_interval");
    FAILS(crm_beta_after(NULL, 3, 2, &rate), CRM_STATUS_INVALID_ARGUMENT, "conversions");
    const crm_beta wrong = {0.0, 1.0};
    FAILS(crm_beta_after(&wrong, 1, 2, &rate), CRM_STATUS_INVALID_ARGUMENT, "prior.alpha");
    crm_bayes_result out = {.struct_size = sizeof out};
    FAILS(crm_compare_rates_bayes(&rate, &wrong, NULL, &out), CRM_STATUS_INVALID_ARGUMENT, "control.alpha");
    FAILS(crm_compare_rates_bayes(NULL, &rate, NULL, &out), CRM_STATUS_NULL_POINTER, "target");
}

int main(void) {
    json all = json_read("tests/cases/experiment/bayes_oracle.json");
    exact_sums(member(&all, "cases"));
    json_free(&all);
    effects();
    best();
    rates();
    return 0;
}
