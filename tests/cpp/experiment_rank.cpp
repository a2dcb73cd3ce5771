// The C++ wrapper of quantile summaries: what goes in comes out, errors are exceptions, and nothing leaks.
#include "crm.hpp"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#define CHECK(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            std::fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition);                            \
            std::exit(1);                                                                                              \
        }                                                                                                              \
    } while (0)

int main() {
    const crm::quantile_arm monday({1.0, 2.0}), tuesday = crm::quantile_arm::from_counts({3.0, 4.0}, {1, 1});
    const crm::quantile_arm both = monday.merge(tuesday);
    CHECK(both.count() == 4 && both.is_exact() && both.quantile(0.25) == 1.75);
    CHECK(crm::quantile_arm::from_json(both.to_json()).quantile(1.0) == 4.0);
    crm_quantile_arm_options options = crm::quantile_arm_options();
    options.most_distinct = 0;
    const crm::quantile_arm buckets({1.0, 2.0}, options);
    CHECK(!buckets.is_exact() && std::fabs(buckets.quantile(0.0) - 1.0) <= 0.005);
    try {
        both.merge(buckets);
        CHECK(false);
    } catch (const crm::error &error) {
        CHECK(error.status() == CRM_STATUS_INCOMPATIBLE && error.argument() == "other");
    }
    crm_test_result out{};
    out.struct_size = sizeof out;
    CHECK(crm_compare_quantiles(both.get(), monday.get(), 0.5, nullptr, &out) == CRM_STATUS_OK);
    CHECK(out.estimate == 1.0 && out.rejects == 0);
    return 0;
}
