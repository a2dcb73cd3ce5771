// The C++ wrapper of plans of ranks: what goes in comes out, errors are exceptions, and nothing leaks.
#include "crm.hpp"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <utility>
#include <vector>

#define CHECK(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            std::fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition);                            \
            std::exit(1);                                                                                              \
        }                                                                                                              \
    } while (0)

int main() {
    const crm::rank_plan normal(1.0, 1.0);
    CHECK(std::isnan(normal.superiority()));
    const crm_sample_size size = normal.sample_size(0.64, 0.8);
    CHECK(std::fabs(normal.power(0.64, size.target) - 0.8) < 1e-10);
    CHECK(std::fabs(normal.detectable(size.target, 0.8) - 0.64) < 1e-8);
    crm_plan_options options = crm::plan_options();
    options.alternative = CRM_ALTERNATIVE_GREATER;
    const std::vector<double> target{1, 3, 15, 35, 30, 10, 6}, control{1, 4, 20, 50, 20, 4, 1};
    crm::rank_plan likert =
        crm::rank_plan::from_categories(target, control, CRM_RANK_PLAN_METHOD_BRUNNER_MUNZEL, options);
    CHECK(std::fabs(likert.superiority() - 0.61015) < 1e-12);
    const crm::rank_plan moved = std::move(likert);
    CHECK(moved.power(0.61015, 125.0) > 0.9);
    const crm::rank_plan pilot = crm::rank_plan::from_samples({3.0, 1.0, 2.0, 2.0}, {2.0, 1.0, 1.0});
    CHECK(std::fabs(pilot.superiority() - 0.75) < 1e-15);
    try {
        normal.sample_size(0.5, 0.8);
        CHECK(false);
    } catch (const crm::error &error) {
        CHECK(error.status() == CRM_STATUS_INVALID_ARGUMENT && error.argument() == "superiority");
    }
    return 0;
}
