/* A strict reader of JSON (RFC 8259) for the tests: what is not JSON ends the test. */
#ifndef CRM_TESTS_JSON_H
#define CRM_TESTS_JSON_H

#include <errno.h>
#include <float.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef enum { JSON_NULL, JSON_FALSE, JSON_TRUE, JSON_NUMBER, JSON_TEXT, JSON_ARRAY, JSON_OBJECT } json_kind;

typedef struct json {
    json_kind kind;
    int is_integer;
    int64_t integer;
    double number;
    char *text;
    size_t count;
    struct json *items; /* of an array, or the values of an object */
    char **keys;        /* of an object */
} json;

typedef struct {
    const char *name, *start, *at;
} json_reader;

static inline void json_fail(const json_reader *reader, const char *what) {
    fprintf(stderr, "%s, byte %ld: %s\n", reader->name, (long)(reader->at - reader->start), what);
    exit(1);
}

static inline void *json_grow(void *memory, size_t size) {
    memory = realloc(memory, size);
    if (memory == NULL) exit(1);
    return memory;
}

static inline void json_space(json_reader *reader) {
    while (*reader->at == ' ' || *reader->at == '\t' || *reader->at == '\n' || *reader->at == '\r') reader->at++;
}

static inline void json_expect(json_reader *reader, const char *word) {
    size_t length = strlen(word);
    if (strncmp(reader->at, word, length) != 0) json_fail(reader, "another word was expected");
    reader->at += length;
}

static inline unsigned json_hex(json_reader *reader) {
    unsigned value = 0;
    for (int digit = 0; digit < 4; digit++) {
        const char *digits = "0123456789abcdef", c = *reader->at++;
        const char *found = c == '\0' ? NULL : strchr(digits, c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c);
        if (found == NULL) json_fail(reader, "not four hexadecimal digits");
        value = value * 16 + (unsigned)(found - digits);
    }
    return value;
}

static inline size_t json_utf8(unsigned code, char *out) {
    if (code < 0x80) return out[0] = (char)code, 1;
    if (code < 0x800) return out[0] = (char)(0xc0 | code >> 6), out[1] = (char)(0x80 | (code & 0x3f)), 2;
    if (code < 0x10000) {
        out[0] = (char)(0xe0 | code >> 12), out[1] = (char)(0x80 | (code >> 6 & 0x3f));
        return out[2] = (char)(0x80 | (code & 0x3f)), 3;
    }
    out[0] = (char)(0xf0 | code >> 18), out[1] = (char)(0x80 | (code >> 12 & 0x3f));
    return out[2] = (char)(0x80 | (code >> 6 & 0x3f)), out[3] = (char)(0x80 | (code & 0x3f)), 4;
}

static inline char *json_string(json_reader *reader) {
    json_expect(reader, "\"");
    size_t length = 0, room = 16;
    char *text = json_grow(NULL, room);
    while (*reader->at != '"') {
        if (length + 5 > room) text = json_grow(text, room *= 2);
        if ((unsigned char)*reader->at < 0x20) json_fail(reader, "a control character in a text");
        if (*reader->at != '\\') {
            text[length++] = *reader->at++;
            continue;
        }
        reader->at++;
        const char *plain = "\"\"\\\\//b\bf\fn\nr\rt\t";
        if (*reader->at == 'u') {
            reader->at++;
            unsigned code = json_hex(reader);
            if (code >= 0xd800 && code < 0xdc00) {
                json_expect(reader, "\\u");
                unsigned low = json_hex(reader);
                if (low < 0xdc00 || low > 0xdfff) json_fail(reader, "half of a surrogate pair");
                code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
            } else if (code >= 0xdc00 && code < 0xe000) {
                json_fail(reader, "half of a surrogate pair");
            }
            length += json_utf8(code, text + length);
            continue;
        }
        while (*plain != '\0' && *plain != *reader->at) plain += 2;
        if (*plain == '\0') json_fail(reader, "no such escape");
        text[length++] = plain[1];
        reader->at++;
    }
    reader->at++;
    text[length] = '\0';
    return text;
}

static inline void json_digits(json_reader *reader) {
    if (*reader->at < '0' || *reader->at > '9') json_fail(reader, "a digit was expected");
    while (*reader->at >= '0' && *reader->at <= '9') reader->at++;
}

static inline void json_number(json_reader *reader, json *value) {
    const char *first = reader->at;
    value->kind = JSON_NUMBER;
    value->is_integer = 1;
    if (*reader->at == '-') reader->at++;
    if (*reader->at == '0')
        reader->at++;
    else
        json_digits(reader);
    if (*reader->at == '.') {
        value->is_integer = 0;
        reader->at++;
        json_digits(reader);
    }
    if (*reader->at == 'e' || *reader->at == 'E') {
        value->is_integer = 0;
        reader->at++;
        if (*reader->at == '+' || *reader->at == '-') reader->at++;
        json_digits(reader);
    }
    /* Numbers below the normal ones are numbers; those beyond the greatest are not. */
    value->number = strtod(first, NULL);
    errno = 0;
    if (value->is_integer) value->integer = strtoll(first, NULL, 10);
    if (errno != 0 || value->number > DBL_MAX || value->number < -DBL_MAX) json_fail(reader, "a number out of range");
}

static inline json json_value(json_reader *reader, int depth) {
    json value;
    memset(&value, 0, sizeof value);
    json_space(reader);
    char c = *reader->at;
    if (depth > 32) json_fail(reader, "too deep");
    if (c == '{' || c == '[') {
        char end = c == '{' ? '}' : ']';
        value.kind = c == '{' ? JSON_OBJECT : JSON_ARRAY;
        reader->at++;
        json_space(reader);
        while (*reader->at != end) {
            if (value.count > 0) json_expect(reader, ",");
            value.items = json_grow(value.items, (value.count + 1) * sizeof *value.items);
            if (value.kind == JSON_OBJECT) {
                value.keys = json_grow(value.keys, (value.count + 1) * sizeof *value.keys);
                json_space(reader);
                value.keys[value.count] = json_string(reader);
                json_space(reader);
                json_expect(reader, ":");
            }
            value.items[value.count++] = json_value(reader, depth + 1);
            json_space(reader);
        }
        reader->at++;
    } else if (c == '"') {
        value.kind = JSON_TEXT;
        value.text = json_string(reader);
    } else if (c == 'n') {
        json_expect(reader, "null");
    } else if (c == 't') {
        value.kind = JSON_TRUE;
        json_expect(reader, "true");
    } else if (c == 'f') {
        value.kind = JSON_FALSE;
        json_expect(reader, "false");
    } else {
        json_number(reader, &value);
    }
    return value;
}

static inline void json_free(json *value) {
    for (size_t index = 0; index < value->count; index++) {
        json_free(&value->items[index]);
        if (value->keys != NULL) free(value->keys[index]);
    }
    free(value->items);
    free(value->keys);
    free(value->text);
}

static inline json json_read(const char *path) {
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        exit(1);
    }
    char *text = NULL;
    size_t length = 0, got;
    do {
        text = json_grow(text, length + 65537);
        got = fread(text + length, 1, 65536, file);
        length += got;
    } while (got > 0);
    fclose(file);
    text[length] = '\0';
    json_reader reader = {path, text, text};
    json value = json_value(&reader, 0);
    json_space(&reader);
    if (reader.at != text + length) json_fail(&reader, "more follows the end");
    free(text);
    return value;
}

/* A member of an object, or NULL. */
static inline const json *json_get(const json *object, const char *key) {
    for (size_t index = 0; object->kind == JSON_OBJECT && index < object->count; index++)
        if (strcmp(object->keys[index], key) == 0) return &object->items[index];
    return NULL;
}

#endif
