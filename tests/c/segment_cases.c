/* K-means as scikit-learn does it from given starts: tests/cases/segment/kmeans.json, whose header says how its data are
 * made. Data that lie in files elsewhere are left to Rust. */
#include "check.h"
#include "json.h"

/* Relative error of an inertia; distance of two equal centres as a share of the widest range. */
#define INERTIA 1e-10
#define CENTRES 1e-12

typedef struct {
    size_t rows, features;
    double *values; /* row by row */
} table;

static double *room(size_t count) {
    double *found = malloc((count + 1) * sizeof *found);
    CHECK(found != NULL);
    return found;
}

static const json *member(const json *object, const char *key) {
    const json *found = json_get(object, key);
    CHECK(found != NULL);
    return found;
}

static uint64_t whole(const json *object, const char *key) {
    const json *found = member(object, key);
    CHECK(found->kind == JSON_NUMBER && found->is_integer && found->integer >= 0);
    return (uint64_t)found->integer;
}

static uint64_t draw(uint64_t *state) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

/* False for data that are not here. */
static int table_of(const json *data, table *out) {
    const json *values = json_get(data, "values"), *generator = json_get(data, "generator");
    if (values == NULL && generator == NULL) return 0;
    if (values != NULL) {
        *out = (table){values->count, values->items[0].count, NULL};
        out->values = room(out->rows * out->features);
        for (size_t place = 0; place < out->rows * out->features; place++)
            out->values[place] = values->items[place / out->features].items[place % out->features].number;
        return 1;
    }
    const char *kind = generator->text;
    uint64_t state = whole(data, "seed");
    *out = (table){whole(data, "rows"), whole(data, "features"), NULL};
    const size_t count = out->rows * out->features;
    double *at = out->values = room(count);
    if (strcmp(kind, "integers") == 0) {
        const uint64_t below = whole(data, "below");
        for (size_t place = 0; place < count; place++) at[place] = (double)(draw(&state) % below);
    } else if (strcmp(kind, "heavy") == 0) {
        for (size_t place = 0; place < count; place++) {
            double sum = 0.0;
            for (int part = 0; part < 3; part++) sum += (double)draw(&state) / 2147483648.0 * 10.0;
            at[place] = ldexp(1.0 + (sum - floor(sum)), (int)floor(sum));
        }
    } else if (strcmp(kind, "lattice") == 0) {
        const uint64_t side = whole(data, "side");
        for (size_t row = 0; row < out->rows; row++) {
            uint64_t rest = row;
            for (size_t feature = 0; feature < out->features; feature++, rest /= side)
                at[row * out->features + feature] = (double)(rest % side);
        }
    } else {
        CHECK(strcmp(kind, "groups") == 0);
        const uint64_t groups = whole(data, "groups");
        const double shift = member(data, "shift")->number;
        double *centres = room(groups * out->features);
        for (size_t place = 0; place < groups * out->features; place++) centres[place] = (double)(draw(&state) % 100);
        for (size_t row = 0; row < out->rows; row++) {
            const double *centre = centres + draw(&state) % groups * out->features;
            for (size_t feature = 0; feature < out->features; feature++)
                *at++ = centre[feature] + (double)(draw(&state) % 1000) / 1000.0 + shift;
        }
        free(centres);
    }
    return 1;
}

static void prepare(table *data, const json *steps) {
    const size_t count = data->rows * data->features;
    for (size_t step = 0; step < steps->count; step++) {
        if (strcmp(steps->items[step].text, "log1p") == 0) {
            for (size_t place = 0; place < count; place++) data->values[place] = log1p(data->values[place]);
            continue;
        }
        CHECK(strcmp(steps->items[step].text, "standardise") == 0);
        for (size_t feature = 0; feature < data->features; feature++) {
            double sum = 0.0, squares = 0.0;
            for (size_t place = feature; place < count; place += data->features) sum += data->values[place];
            const double mean = sum / (double)data->rows;
            for (size_t place = feature; place < count; place += data->features)
                squares += (data->values[place] - mean) * (data->values[place] - mean);
            const double deviation = sqrt(squares / (double)data->rows);
            for (size_t place = feature; place < count; place += data->features)
                data->values[place] = (data->values[place] - mean) / deviation;
        }
    }
}

static uint32_t crc32(const uint32_t *labels, size_t rows) {
    uint32_t crc = ~0u;
    for (size_t row = 0; row < rows; row++)
        for (int byte = 0; byte < 4; byte++) {
            crc ^= labels[row] >> 8 * byte & 0xff;
            for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0u);
        }
    return ~crc;
}

static double widest_range(const table *data) {
    double widest = 0.0;
    for (size_t feature = 0; feature < data->features; feature++) {
        double low = INFINITY, high = -INFINITY;
        for (size_t row = 0; row < data->rows; row++) {
            low = fmin(low, data->values[row * data->features + feature]);
            high = fmax(high, data->values[row * data->features + feature]);
        }
        widest = fmax(widest, high - low);
    }
    return widest;
}

/* Labels, sizes and centres, by clusters in the order in which the rows name them. */
static void check_partition(const json *of, const table *data, const crm_k_means *model, uint32_t *labels) {
    const size_t clusters = crm_k_means_clusters(model);
    uint32_t *places = malloc(clusters * sizeof *places), named = 0;
    uint64_t *sizes = malloc(clusters * sizeof *sizes);
    double *centres = room(clusters * data->features);
    CHECK(places != NULL && sizes != NULL);
    OK(crm_k_means_rows(model, sizes, clusters));
    OK(crm_k_means_centres(model, centres, clusters * data->features));
    memset(places, 0xff, clusters * sizeof *places);
    const double range = widest_range(data);
    for (size_t row = 0; row < data->rows; row++) {
        const uint32_t label = labels[row];
        if (places[label] == UINT32_MAX) {
            const json *centre = &member(of, "centres")->items[named];
            CHECK(sizes[label] == (uint64_t)member(of, "sizes")->items[named].integer);
            for (size_t feature = 0; feature < data->features; feature++) {
                const double expected = centre->items[feature].number;
                /* Scikit-learn takes the mean of all rows off and adds it again, which rounds each centre twice. */
                const double accepted = CENTRES * range + 8.9e-16 * fabs(expected);
                CHECK(fabs(centres[label * data->features + feature] - expected) <= accepted);
            }
            places[label] = named++;
        }
        labels[row] = places[label];
    }
    const json *expected = json_get(of, "labels");
    for (size_t row = 0; expected != NULL && row < data->rows; row++)
        CHECK(labels[row] == (uint32_t)expected->items[row].integer);
    CHECK(expected != NULL || crc32(labels, data->rows) == whole(of, "labels_crc32"));
    free(places);
    free(sizes);
    free(centres);
}

static void run(const json *of, table data) {
    const json *starts = member(of, "starts"), *weights = json_get(of, "weights");
    crm_k_means_options options;
    OK(crm_k_means_options_init(&options, sizeof options, starts->count));
    double *centres = room(starts->count * data.features), *counts = NULL;
    for (size_t place = 0; place < starts->count * data.features; place++) {
        const json *start = &starts->items[place / data.features];
        const size_t feature = place % data.features;
        centres[place] = start->kind == JSON_ARRAY ? start->items[feature].number
                                                   : data.values[(size_t)start->integer * data.features + feature];
    }
    if (weights != NULL) {
        uint64_t state = whole(weights, "seed");
        const uint64_t below = whole(weights, "below");
        counts = room(data.rows);
        for (size_t row = 0; row < data.rows; row++)
            counts[row] = (double)(draw(&state) % below) / member(weights, "over")->number;
    }
    options.starts_kind = CRM_STARTS_GIVEN;
    options.centres = centres;
    options.centres_length = starts->count * data.features;
    options.tolerance = member(of, "tolerance")->number;
    options.most_iterations = (uint32_t)whole(of, "cap");
    uint32_t *labels = malloc(data.rows * sizeof *labels), iterations;
    double inertia;
    crm_k_means *model = NULL;
    CHECK(labels != NULL);
    OK(crm_k_means_fit(data.values, data.rows, data.features, CRM_LAYOUT_ROWS, counts, &options, labels, &model));
    OK(crm_k_means_inertia(model, &inertia));
    OK(crm_k_means_iterations(model, &iterations));
    const double expected = member(of, "inertia")->number;
    CHECK(fabs(inertia - expected) <= INERTIA * fabs(expected));
    if (json_get(of, "ties") == NULL) {
        CHECK(iterations == whole(of, "iterations"));
        check_partition(of, &data, model, labels);
    }
    crm_k_means_free(model);
    free(labels);
    free(centres);
    free(counts);
}

int main(void) {
    const char *path = "tests/cases/segment/kmeans.json";
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        printf("skipped: there is no %s\n", path);
        return 0;
    }
    fclose(file);
    json all = json_read(path);
    const json *cases = member(&all, "cases");
    size_t checked = 0, elsewhere = 0;
    for (size_t index = 0; index < cases->count; index++) {
        const json *of = &cases->items[index];
        table data;
        if (!table_of(member(member(&all, "data"), member(of, "data")->text), &data)) {
            elsewhere++;
            continue;
        }
        prepare(&data, member(of, "prepare"));
        printf("%s\n", member(of, "name")->text);
        fflush(stdout);
        run(of, data);
        free(data.values);
        checked++;
    }
    CHECK(checked >= 26 && checked + elsewhere == cases->count);
    json_free(&all);
    return 0;
}
