// The streaming test behind its wrapper.
#include "crm.hpp"

#include <cstdio>
#include <cstdlib>

#define CHECK(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            std::fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition);                             \
            std::exit(1);                                                                                              \
        }                                                                                                              \
    } while (0)

int main() {
    crm_always_valid_options options = crm::always_valid_options();
    CHECK(options.method == CRM_ALWAYS_VALID_METHOD_ASYMPTOTIC && options.alpha == 0.05);
    options.method = CRM_ALWAYS_VALID_METHOD_MSPRT;
    options.tuning = 0.01;
    crm::sequential_test test(options);
    CHECK(test.look_rates({52, 1000}, {50, 1000}).decision == CRM_SEQUENTIAL_DECISION_CONTINUE);
    crm::sequential_test later = crm::sequential_test::from_json(test.to_json());
    const crm_sequential_step step = later.look_rates({700, 10000}, {500, 10000});
    CHECK(step.look == 1 && step.decision == CRM_SEQUENTIAL_DECISION_REJECT && step.lower > 0.0);
    CHECK(test.look(0.0, 0.01, 5000.0).decision == CRM_SEQUENTIAL_DECISION_CONTINUE);
    try {
        test.look(0.0, 0.01, 10.0);
        CHECK(false);
    } catch (const crm::error &error) {
        CHECK(error.status() == CRM_STATUS_INCOMPATIBLE && error.argument() == "observations");
    }
    CHECK(crm::bayes_options().rope_upper == 0.0 && crm::group_sequential_options().alpha == 0.05);
    return 0;
}
