// The C++ wrapper of clusters: what goes in comes out, errors are exceptions, and nothing leaks.
#include "crm.hpp"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <string>
#include <vector>

#define CHECK(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            std::fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition);                            \
            std::exit(1);                                                                                              \
        }                                                                                                              \
    } while (0)

template <class Call> static crm::error fails(crm_status status, const std::string &argument, Call call) {
    try {
        call();
    } catch (const crm::error &error) {
        if (error.status() != status || error.argument() != argument || std::string(error.what()).empty()) {
            std::fprintf(stderr, "status %d on %s: %s\n", static_cast<int>(error.status()), error.argument().c_str(),
                         error.what());
            std::exit(1);
        }
        return error;
    }
    std::fprintf(stderr, "no error on %s\n", argument.c_str());
    std::exit(1);
}

template <class Call> static bool ragged(Call call) {
    try {
        call();
    } catch (const std::invalid_argument &) {
        return true;
    }
    return false;
}

static bool near(double value, double expected, double tolerance) { return std::fabs(value - expected) <= tolerance; }

using labels = std::vector<std::uint32_t>;

static const std::vector<double> SIX = {1.0, 1.2, 0.8, 9.0, 9.4, 8.9};
static const labels SIX_LABELS = {0, 0, 0, 1, 1, 1};

static void clusters() {
    const crm::matrix rows(SIX, 1);
    const crm::clustering found = crm::k_means::fit(rows, crm::k_means_options(2));
    const crm::k_means &model = found.model;
    CHECK(found.labels == SIX_LABELS && model.predict(rows) == SIX_LABELS);
    CHECK(model.clusters() == 2 && model.features() == 1 && model.converged() && model.iterations() >= 1);
    CHECK(near(model.centres()[0], 1.0, 1e-15) && near(model.centres()[1], 9.1, 1e-14));
    CHECK(model.rows() == (std::vector<std::uint64_t>{3, 3}) && model.weights() == (std::vector<double>{3.0, 3.0}));
    CHECK(near(model.inertia(), model.within()[0] + model.within()[1], 1e-15) && near(model.within()[0], 0.08, 1e-15));
    const std::vector<double> between = {5.05};
    const crm::assignment border = model.assign(crm::matrix(between, 1));
    CHECK(border.labels[0] != border.next_labels[0] && near(border.border[0], 1.0, 1e-12));
    CHECK(near(border.distances[0], border.next_distances[0], 1e-12));
    CHECK(near(model.distances(crm::matrix(between, 1))[0], 4.05, 1e-12));
    CHECK(crm::k_means::from_json(model.to_json()).to_json() == model.to_json());
    CHECK(model.on_threads(1).predict(rows) == SIX_LABELS);

    // Two features of three rows, column after column.
    const crm::matrix columns(SIX, 2, CRM_LAYOUT_COLUMNS);
    CHECK(columns.rows == 3 && crm::k_means::fit(columns, crm::k_means_options(3)).model.centres()[1] == 8.9);
    crm_k_means_options given = crm::k_means_options(2);
    const std::vector<double> centres = {0.0, 1.1};
    given.starts_kind = CRM_STARTS_GIVEN;
    given.centres = centres.data();
    given.centres_length = centres.size();
    CHECK(crm::k_means::fit(rows, given).labels == SIX_LABELS);
    const crm::clustering weighted = crm::k_means::fit(rows, crm::k_means_options(2), {3.0, 0.0, 1.0, 1.0, 1.0, 0.5});
    CHECK(weighted.model.weights() == (std::vector<double>{4.0, 2.5}) && weighted.labels == SIX_LABELS);

    fails(CRM_STATUS_INVALID_ARGUMENT, "clusters", [&] { crm::k_means::fit(rows, crm::k_means_options(0)); });
    fails(CRM_STATUS_INVALID_ARGUMENT, "features", [] { crm::k_means::fit({nullptr, 0, 0}, crm::k_means_options(1)); });
    fails(CRM_STATUS_INCOMPATIBLE, "matrix", [&] { model.predict(columns); });
    fails(CRM_STATUS_CORRUPT, "json", [] { crm::k_means::from_json("{"); });
    const std::vector<double> bad = {1.0, std::numeric_limits<double>::quiet_NaN()};
    const crm::error error =
        fails(CRM_STATUS_INVALID_VALUE, "feature 0", [&] { crm::k_means::fit({bad, 1}, crm::k_means_options(1)); });
    CHECK(error.row() == 1);
    CHECK(ragged([] { crm::matrix(SIX, 4); }));
    CHECK(ragged([&] { crm::k_means::fit(rows, crm::k_means_options(2), {1.0}); }));
}

static void batches() {
    const std::vector<double> first = {1.0, 9.0, 1.2, 8.8}, second = {0.8, 1.1, 9.3, 9.1};
    crm::mini_batch_k_means learner(crm::k_means_options(2));
    fails(CRM_STATUS_EMPTY, "batch", [&] { learner.finish(); });
    learner.update({first, 1});
    learner.update({second, 1});
    CHECK(learner.batches() == 2 && near(learner.finish().centres()[0], 1.025, 1e-12));
    CHECK(ragged([&] { learner.update({first, 1}, {1.0}); }));
    // Values that do not count.
    crm::mini_batch_k_means weighted(crm::k_means_options(2));
    weighted.update({first, 1}, {1.0, 1.0, 0.0, 1.0});
    CHECK(near(weighted.finish().centres()[0], 1.0, 1e-12));
}

static void mixtures() {
    const crm::gaussian_mixture mixture({0.5, 0.5}, {0.0, 4.0}, {1.0, 1.0});
    const std::vector<double> values = {0.0, 2.0, 100.0};
    const crm::matrix rows(values, 1);
    CHECK(near(mixture.probabilities(rows)[0], 1.0 / (1.0 + std::exp(-8.0)), 1e-15));
    CHECK(mixture.predict(rows) == (labels{0, 0, 1}) && near(mixture.ln_density(rows)[1], -2.9189385332046727, 1e-14));
    const crm::gaussian_mixture copy = crm::gaussian_mixture::from_json(mixture.to_json()).on_threads(1);
    CHECK(copy.components() == 2 && copy.features() == 1 && copy.means() == mixture.means());
    CHECK(copy.weights() == mixture.weights() && copy.covariances() == mixture.covariances());
    const crm::gaussian_mixture fitted = crm::gaussian_mixture::fit({SIX, 1}, crm::mixture_options(2));
    CHECK(near(fitted.means()[0], 1.0, 1e-9) && near(fitted.weights()[1], 0.5, 1e-9));
    fails(CRM_STATUS_INVALID_VALUE, "weights", [] { crm::gaussian_mixture({0.5}, {0.0}, {1.0}); });
    fails(CRM_STATUS_INVALID_ARGUMENT, "components", [] { crm::gaussian_mixture({}, {}, {}); });
    CHECK(ragged([] { crm::gaussian_mixture({0.5, 0.5}, {0.0}, {1.0}); }));
}

static void quality() {
    const crm::matrix rows(SIX, 1);
    const crm::silhouette_report report(rows, SIX_LABELS);
    CHECK(report.summary().sampled_rows == 6 && report.clusters().size() == 2 && report.clusters()[1].cluster == 1);
    CHECK(report.summary().mean > 0.9 && crm::silhouette_values(rows, SIX_LABELS).size() == 6);
    CHECK(near(crm::dispersion(rows, SIX_LABELS).within, 0.22, 1e-14));
    CHECK(near(crm::adjusted_rand_index({0, 0, 1, 2}, {0, 0, 1, 1}), 4.0 / 7.0, 1e-15));
    CHECK(ragged([] { crm::adjusted_rand_index({0}, {}); }));
    CHECK(ragged([&] { crm::dispersion(rows, {0, 1}); }));
    fails(CRM_STATUS_INVALID_ARGUMENT, "labels", [&] { crm::silhouette_report(rows, labels(6)); });

    std::vector<double> two;
    for (int row = 0; row < 40; row++) two.push_back(row % 20 / 20.0 + (row < 20 ? 0.0 : 9.0));
    crm_gap_options options = crm::gap_options();
    options.references = 10;
    const crm::gap gap({two, 1}, 3, options);
    CHECK(gap.choice() == 2u && gap.rows().size() == 3 && gap.rows()[2].clusters == 3 && gap.sampled_rows() == 40);
    crm_stability_options few = crm::stability_options();
    few.pairs = 3;
    const crm::stability stable({two, 1}, 2, few);
    CHECK(stable.summary.mean == 1.0 && stable.indices == (std::vector<double>{1.0, 1.0, 1.0}));

    crm_choice_options compared = crm::choice_options(2, 3);
    compared.gap_references = 10;
    compared.stability_pairs = 3;
    const crm::cluster_choice choice({two, 1}, compared);
    CHECK(choice.recommended() == 2u && choice.summary().recommended == 2 && choice.rows().size() == 2);
    CHECK(choice.vote(CRM_CRITERION_SILHOUETTE) == 2u && choice.reasons().size() >= 3);
    fails(CRM_STATUS_INVALID_ARGUMENT, "from", [&] { crm::cluster_choice({two, 1}, crm::choice_options(1, 3)); });
}

int main() {
    clusters();
    batches();
    mixtures();
    quality();
    return 0;
}
