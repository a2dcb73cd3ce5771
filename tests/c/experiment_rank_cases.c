/* Shared cases of ranks by enumeration and by SciPy, as Rust and Python run them. */
#include "experiment.h"

int main(void) {
    json file = json_read("tests/cases/experiment/nonparametric.json");
    const json *cases = member(&file, "cases");
    CHECK(cases->count == 3);
    for (size_t place = 0; place < cases->count; place++) {
        const json *of = &cases->items[place], *expected = member(of, "expected");
        const size_t rows = member(of, "target")->count, others = member(of, "control")->count;
        double *target = numbers(member(of, "target")), *control = numbers(member(of, "control"));
        crm_test_result out = {.struct_size = sizeof out};
        crm_rank_effect effect = {.struct_size = sizeof effect};
        OK(crm_mann_whitney(target, rows, control, others, CRM_MANN_WHITNEY_METHOD_AUTO, NULL, 0, &out, &effect));
        near(effect.u, number_of(expected, "U"), 1e-12, 0.0);
        if (maybe(expected, "p_exact_permutation_two_sided") != NULL) {
            near(out.p_value, number_of(expected, "p_exact_permutation_two_sided"), 1e-12, 0.0);
            near(effect.probability_of_superiority, number_of(expected, "prob_superiority"), 1e-12, 0.0);
            near(effect.cliffs_delta, number_of(expected, "cliffs_delta"), 1e-12, 0.0);
            OK(crm_permutation_test(target, rows, control, others, NULL, NULL, &out, NULL));
            if (strcmp(member(of, "name")->text, "same") == 0) {
                /* All assignments are equal: no answer, by its name. */
                CHECK(out.status == CRM_TEST_STATUS_NO_VARIANCE);
            } else {
                near(out.p_value, number_of(expected, "perm_mean_diff_p_two_sided_abs"), 1e-12, 0.0);
            }
        } else {
            near(out.p_value, number_of(expected, "p_asymptotic_cc_ties"), 1e-12, 0.0);
            OK(crm_brunner_munzel(target, rows, control, others, NULL, 0, &out));
            near(-out.statistic, number_of(expected, "brunner_munzel_stat"), 1e-12, 0.0);
            near(out.p_value, number_of(expected, "brunner_munzel_p"), 1e-12, 0.0);
        }
        free(target);
        free(control);
    }
    json_free(&file);
    return 0;
}
