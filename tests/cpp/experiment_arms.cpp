// The C++ wrapper of joint arms and tables of arms: what goes in comes out, errors are exceptions, and nothing leaks.
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

template <class Call> static void fails(crm_status status, const std::string &argument, Call call) {
    try {
        call();
    } catch (const crm::error &error) {
        CHECK(error.status() == status && error.argument() == argument && !std::string(error.what()).empty());
        return;
    }
    std::fprintf(stderr, "%s: no error\n", argument.c_str());
    std::exit(1);
}

static void joint_arms() {
    crm::measures columns;
    columns.value = {1.0, 2.0, 6.0};
    columns.covariates = {{0.0, 1.0, 5.0}};
    const crm::joint_arm arm(columns);
    CHECK(arm.column(0).count == 3 && arm.column(0).mean == 3.0 && arm.covariance(0, 1) == 7.0);
    const crm::joint_arm read = crm::joint_arm::from_json(arm.to_json());
    CHECK(read.to_json() == arm.to_json());
    CHECK(arm.merge(read).column(0).count == 6);
    const crm::joint_arm told = crm::joint_arm::from_moments(false, 3, {3.0, 2.0}, {7.0, 7.0, 7.0, 7.0});
    CHECK(std::fabs(told.covariance(0, 1) - 7.0) < 1e-14);
    // The extremes of the value moved.
    const crm_winsor winsor{-INFINITY, 2.0};
    CHECK(crm::joint_arm(columns, winsor).column(0).mean == 5.0 / 3.0 && crm::joint_arm(columns, winsor).column(1).mean == 2.0);
    fails(CRM_STATUS_INVALID_ARGUMENT, "column", [&] { arm.column(2); });
    fails(CRM_STATUS_CORRUPT, "json", [] { crm::joint_arm::from_json("{}"); });
    crm::measures ratio;
    ratio.value = {1.0, NAN};
    ratio.denominator = {1.0, 2.0};
    fails(CRM_STATUS_INVALID_VALUE, "value", [&] { crm::joint_arm{ratio}; });
    ratio.denominator = {1.0};
    try {
        crm::joint_arm{ratio};
        CHECK(false);
    } catch (const std::invalid_argument &) {
    }
    // Into a test: ratios of sums.
    ratio.value = {3.0, 4.0, 5.0};
    ratio.denominator = {1.0, 2.0, 2.0};
    const crm::joint_arm target(ratio);
    crm_test_result out{};
    out.struct_size = sizeof out;
    crm::detail::check(crm_compare_ratios(target.get(), target.get(), 0, 0, nullptr, &out));
    CHECK(out.difference == 0.0 && std::fabs(out.target - 2.4) < 1e-15);
}

static void tables() {
    crm::measures columns;
    columns.value = {1.0, 2.0, 6.0, 0.0};
    const std::vector<std::int64_t> arm{7, -1, 7, -1}, stratum{1, 1, 2, 2};
    const crm::arm_table plain(columns, arm);
    CHECK((plain.labels() == std::vector<std::string>{"-1", "7"}) && plain.strata().empty());
    CHECK(plain.arm(1).column(0).mean == 3.5 && plain.value(0).mean == 1.0);
    const crm::arm_table table(columns, arm, stratum, 1);
    CHECK(table.strata().size() == 2 && table.value(1, 1).mean == 6.0);
    const crm::arm_table read = crm::arm_table::from_json(table.to_json());
    CHECK(read.to_json() == table.to_json() && read.labels() == table.labels());
    CHECK(table.merge(read).value(1, 1).count == 2);
    fails(CRM_STATUS_INCOMPATIBLE, "table", [&] { table.merge(plain); });
    fails(CRM_STATUS_OUT_OF_RANGE, "index", [&] { table.value(2); });
    fails(CRM_STATUS_CORRUPT, "json", [] { crm::arm_table::from_json("{}"); });
    crm_arm_columns names{};
    names.struct_size = sizeof names;
    fails(CRM_STATUS_NULL_POINTER, "stream", [&] { crm::arm_table::from_arrow_stream(nullptr, names); });
    try {
        crm::arm_table(columns, {1});
        CHECK(false);
    } catch (const std::invalid_argument &) {
    }
}

int main() {
    joint_arms();
    tables();
    return 0;
}
