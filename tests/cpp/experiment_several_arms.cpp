// The C++ wrapper of several arms against one control: structs of C filled, errors as exceptions.
#include "crm.hpp"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <vector>

#define CHECK(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            std::fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition);                            \
            std::exit(1);                                                                                              \
        }                                                                                                              \
    } while (0)

int main() {
    // Hillstrom: visits after a mail with men's, with women's merchandise, and without one.
    const std::vector<crm_binary_arm> arms{{3894, 21307}, {3238, 21387}, {2262, 21306}};
    const auto rates = crm::compare_several_proportions(arms, 2, {1.0, 1.0, 1.0}, CRM_PROPORTION_METHOD_POOLED);
    CHECK(rates.comparisons.size() == 2 && rates.comparisons[1].rejects == 1);
    // Holm's of two: the smaller twice, as mpmath has it.
    CHECK(std::fabs(rates.adjusted_p_values[0] / 1.137033096560399e-111 - 1.0) < 1e-11);
    CHECK(rates.adjusted_p_values[1] == rates.comparisons[1].p_value && rates.ln_adjusted_p_values[0] < -255.0);
    CHECK(std::fabs(rates.sample_ratio.p_value - 0.9036929575604196) < 1e-14 && rates.homogeneity.degrees_of_freedom == 2.0);
    CHECK(rates.comparisons[0].split_finding == CRM_SPLIT_FINDING_AS_PLANNED && rates.homogeneity.split_is_flagged == 0);
    // The plan of two arms is among the options.
    crm_test_options options = crm::test_options();
    CHECK(std::isnan(options.target_share));
    options.target_share = 0.6;
    crm_test_result result{};
    result.struct_size = sizeof result;
    CHECK(crm_compare_proportions(&arms[0], &arms[2], CRM_PROPORTION_METHOD_SCORE, &options, &result) == CRM_STATUS_OK);
    CHECK(result.split_is_flagged == 1 && result.split_finding == CRM_SPLIT_FINDING_MISMATCH);

    std::vector<crm_mean_arm> means(2);
    CHECK(crm_mean_arm_from_moments(100, 5.0, 4.0, &means[0]) == CRM_STATUS_OK);
    CHECK(crm_mean_arm_from_moments(100, 6.0, 4.0, &means[1]) == CRM_STATUS_OK);
    const auto several = crm::compare_several_means(means, 0);
    CHECK(several.comparisons.size() == 1 && several.adjusted_p_values[0] == several.comparisons[0].p_value);
    CHECK(several.sample_ratio.finding == CRM_SPLIT_FINDING_UNPLANNED && std::isnan(several.sample_ratio.p_value));
    try {
        crm::compare_several_means(means, 0, {1.0});
        CHECK(false);
    } catch (const std::invalid_argument &) {
    }
    try {
        crm::compare_several_proportions({}, 0);
        CHECK(false);
    } catch (const crm::error &error) {
        CHECK(error.status() == CRM_STATUS_EMPTY || error.status() == CRM_STATUS_NULL_POINTER);
    }
    return 0;
}
