#include "ids.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>

void mq_text_count(const char *text, size_t from, size_t to, uint64_t *newlines, uint64_t *quotes) {
    uint64_t n = 0, q = 0;
    size_t i = from;
    /* In blocks whose counts fit a byte a lane, which compilers turn into vector code. */
    while (i < to) {
        size_t stop = to - i > 4096 ? i + 4096 : to;
        uint32_t bn = 0, bq = 0;
        for (; i < stop; i++) {
            bn += text[i] == '\n';
            bq += text[i] == '"';
        }
        n += bn;
        q += bq;
    }
    *newlines = n;
    *quotes = q;
}

uint64_t mq_text_count_rows(const char *text, size_t from, size_t to, int inside) {
    uint64_t rows = 0;
    for (size_t i = from; i < to; i++) {
        if (text[i] == '"')
            inside = !inside;
        else if (text[i] == '\n' && !inside)
            rows++;
    }
    return rows;
}

static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/* Eight digits at once, by three multiplications that each join neighbors (Lemire 2018,
   "Quickly parsing eight digits"); 0 where they are not eight. */
static inline int eight_digits(const char *p, uint64_t *value) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    uint64_t word;
    memcpy(&word, p, 8);
    if (((word & 0xF0F0F0F0F0F0F0F0ull) | (((word + 0x0606060606060606ull) & 0xF0F0F0F0F0F0F0F0ull) >> 4)) !=
        0x3333333333333333ull)
        return 0;
    word -= 0x3030303030303030ull;
    word = word * 10 + (word >> 8);
    *value = ((word & 0x000000FF000000FFull) * 0x000F424000000064ull +
              ((word >> 16) & 0x000000FF000000FFull) * 0x0000271000000001ull) >>
        32;
    return 1;
#else
    (void)p;
    (void)value;
    return 0;
#endif
}

/* An integer as a program would print it: no sign but '-', no leading zero; 0 where it is not one. */
static int canonical_integer(const char *p, size_t length, int64_t *value) {
    int negative = length > 1 && *p == '-';
    size_t i = (size_t)negative;
    if (length - i == 0 || length - i > 19 || (p[i] == '0' && length > 1)) return 0;
    uint64_t v = 0;
    for (; i < length; i++) {
        unsigned d = (unsigned char)p[i] - '0';
        if (d > 9) return 0;
        v = v * 10 + d; /* 19 digits fit 64 bits */
    }
    if (v > (uint64_t)INT64_MAX) return 0;
    *value = negative ? -(int64_t)v : (int64_t)v;
    return 1;
}

/* A decimal number, correctly rounded to a double. */
static int decimal(const char *p, size_t length, double *value) {
    while (length && *p == ' ') p++, length--;
    while (length && p[length - 1] == ' ') length--;
    if (length == 0) return MQ_NOT_NUMBER;
    int digits = 0, points = 0;
    size_t i = (*p == '-' || *p == '+');
    const char *word = p + i;
    size_t rest = length - i;
    if ((rest == 3 && (!strncasecmp(word, "nan", 3) || !strncasecmp(word, "inf", 3))) ||
        (rest == 8 && !strncasecmp(word, "infinity", 8)))
        return MQ_NOT_FINITE;
    for (; i < length && p[i] != 'e' && p[i] != 'E'; i++) {
        if (p[i] == '.')
            points++;
        else if ((unsigned char)p[i] - '0' <= 9u)
            digits++;
        else
            return MQ_NOT_NUMBER;
    }
    if (!digits || points > 1) return MQ_NOT_NUMBER;
    if (i < length) {
        i++;
        if (i < length && (p[i] == '-' || p[i] == '+')) i++;
        if (i == length) return MQ_NOT_NUMBER;
        for (; i < length; i++)
            if ((unsigned char)p[i] - '0' > 9u) return MQ_NOT_NUMBER;
    }
    char small[64];
    char *copy = length < sizeof small ? small : malloc(length + 1);
    if (!copy) return MQ_NO_MEMORY;
    memcpy(copy, p, length);
    copy[length] = 0;
    *value = strtod(copy, NULL);
    if (copy != small) free(copy);
    return __builtin_isfinite(*value) ? MQ_FINE : MQ_NOT_FINITE;
}

static int number(const char *p, size_t length, float *value) {
    double wide;
    int problem = decimal(p, length, &wide);
    if (problem) return problem;
    *value = (float)wide;
    return __builtin_isfinite(*value) ? MQ_FINE : MQ_NOT_FINITE;
}

static int point_in_time(const char *p, size_t length, const mq_table_format *format, int64_t *time) {
    int64_t t;
    if (!canonical_integer(p, length, &t)) {
        double wide;
        int problem = decimal(p, length, &wide);
        if (problem) return problem;
        if (wide < 0) return MQ_NEGATIVE_TIME;
        if (wide > (double)format->latest) return MQ_LATE_TIME;
        t = (int64_t)wide;
    }
    if (t < 0) return MQ_NEGATIVE_TIME;
    if (t > format->latest) return MQ_LATE_TIME;
    *time = t / format->time_divisor;
    return MQ_FINE;
}

static inline int32_t add_id(mq_ids *ids, const char *p, size_t length, uint64_t place, int *problem) {
    if (mq_ids_are_strings(ids)) {
        if (!length) {
            *problem = MQ_EMPTY;
            return -1;
        }
        int32_t index = mq_ids_add_string(ids, p, length, place);
        if (index < 0) *problem = MQ_NO_MEMORY;
        return index;
    }
    int64_t id;
    if (!canonical_integer(p, length, &id)) {
        *problem = length ? MQ_NOT_INTEGER : MQ_EMPTY;
        return -1;
    }
    int32_t index = mq_ids_add_integer(ids, id, place);
    if (index < 0) *problem = MQ_NO_MEMORY;
    return index;
}

static int store(const mq_table_format *format, const mq_columns *out, int role, const char *p, size_t length,
                 uint64_t place, int64_t row) {
    int problem = MQ_FINE;
    switch (role) {
    case MQ_USER: out->user[row] = add_id(out->users, p, length, place, &problem); break;
    case MQ_ITEM: out->item[row] = add_id(out->items, p, length, place, &problem); break;
    case MQ_BEHAVIOR: {
        int32_t index = add_id(out->behaviors, p, length, place, &problem);
        if (!problem && index > 255) problem = MQ_TOO_MANY_BEHAVIORS;
        out->behavior[row] = (uint8_t)index;
        break;
    }
    case MQ_VALUE: problem = number(p, length, &out->value[row]); break;
    case MQ_TIME: problem = point_in_time(p, length, format, &out->time[row]); break;
    default: break;
    }
    return problem;
}

static int grow_scratch(char **scratch, size_t size) {
    char *grown = realloc(*scratch, size);
    if (grown) *scratch = grown;
    return grown != NULL;
}

static inline int at_separator(const mq_table_format *f, const char *p, const char *end) {
    return (size_t)(end - p) >= f->separator_length && memcmp(p, f->separator, f->separator_length) == 0;
}

/* Whether a field ends here, so that a string is numbered only when it is whole. */
static inline int at_field_end(const mq_table_format *f, const char *p, const char *end, int last) {
    if (!last) return at_separator(f, p, end);
    if (p < end && *p == '\r') p++;
    return p < end && *p == '\n';
}

/* One row with every care: quotes, odd numbers, wrong counts. Returns where the next line starts.
   Sets *problem, or *blank for a line without anything. */
static const char *careful_row(const mq_table_format *f, const mq_columns *out, const char *line, int64_t row,
                               int *problem, int *column, int *found, int *blank, char **scratch,
                               size_t *scratch_size) {
    const char *end = f->text + f->end;
    const char *p = line;
    uint64_t place = f->place + (uint64_t)(line - f->text);
    int fields = 0;
    *blank = 0;
    for (;;) {
        const char *value = p;
        size_t length;
        int last;
        if (f->quotes && p < end && *p == '"') {
            /* A quoted field: up to the quote that is not doubled. */
            size_t used = 0;
            for (p++;; p++) {
                if (p == end) {
                    *problem = MQ_QUOTE;
                    *column = fields;
                    return end;
                }
                if (*p == '"') {
                    if (p + 1 < end && p[1] == '"')
                        p++;
                    else
                        break;
                }
                if (used == *scratch_size) {
                    size_t size = *scratch_size ? *scratch_size * 2 : 256;
                    if (!grow_scratch(scratch, size)) {
                        *problem = MQ_NO_MEMORY;
                        return end;
                    }
                    *scratch_size = size;
                }
                (*scratch)[used++] = *p;
            }
            p++;
            value = *scratch;
            length = used;
            if (p < end && *p == '\r' && (p + 1 == end || p[1] == '\n')) p++;
            last = p == end || *p == '\n';
            if (!last && !at_separator(f, p, end)) {
                *problem = MQ_QUOTE;
                *column = fields;
                return end;
            }
        } else {
            char first = f->separator[0];
            while (p < end && *p != '\n' && !(*p == first && at_separator(f, p, end))) {
                if (*p == '"' && f->quotes) {
                    *problem = MQ_QUOTE;
                    *column = fields;
                    return end;
                }
                p++;
            }
            last = p == end || *p == '\n';
            length = (size_t)(p - value);
            if (last && length && value[length - 1] == '\r') length--;
            if (last && fields == 0 && length == 0) {
                *blank = 1;
                return p < end ? p + 1 : end;
            }
        }
        if (!*problem && length && memchr(value, 0, length)) {
            *problem = MQ_NUL;
            *column = fields;
        }
        if (!*problem && fields < f->columns) {
            *problem = store(f, out, f->roles[fields], value, length, place, row);
            if (*problem) *column = fields;
        }
        fields++;
        if (last) break;
        p += f->separator_length;
    }
    /* A wrong count explains a wrong field, so it goes first. */
    if (fields != f->columns && *problem != MQ_NO_MEMORY && *problem != MQ_NUL) {
        *problem = MQ_FIELD_COUNT;
        *found = fields;
    }
    return p < end ? p + 1 : end;
}

int64_t mq_table_parse(const mq_table_format *f, const mq_columns *out, int64_t row, int64_t limit, size_t from,
                       size_t to, int inside, mq_text_error *error) {
    const char *end = f->text + f->end, *stop = f->text + to, *p = f->text + from;
    int64_t first_row = row;
    error->problem = MQ_FINE;
    if (from > f->start) {
        /* The first line that starts here. */
        for (p--;; p++) {
            if (p + 1 >= stop) return 0;
            if (*p == '"' && f->quotes)
                inside = !inside;
            else if (*p == '\n' && !inside)
                break;
        }
        p++;
    }
    const char separator = f->separator[0];
    const size_t width = f->separator_length;
    const int columns = f->columns;
    const int users_are_integers = out->users && !mq_ids_are_strings(out->users);
    const int items_are_integers = out->items && !mq_ids_are_strings(out->items);
    int64_t last_user = -1; /* consecutive rows often share their user */
    int32_t last_user_index = -1;
    char *scratch = NULL;
    size_t scratch_size = 0;

    while (p < stop) {
        const char *line = p;
        int problem = MQ_FINE, column = 0, found = 0, blank = 0;
        /* No number in the fast path is longer than 20 bytes, so short of the end it need not look
           where the text ends. */
        if ((size_t)(end - p) > (size_t)columns * 32 && row < limit) {
            uint64_t place = f->place + (uint64_t)(line - f->text);
            for (int c = 0; c < columns; c++) {
                switch (f->roles[c]) {
                case MQ_USER:
                case MQ_ITEM: {
                    int user = f->roles[c] == MQ_USER;
                    if (user ? users_are_integers : items_are_integers) {
                        const char *digits = p;
                        uint64_t v = 0;
                        unsigned d;
                        while ((d = (unsigned char)*p - '0') <= 9 && p - digits < 19) {
                            v = v * 10 + d;
                            p++;
                        }
                        if (p == digits || p - digits > 18 || (*digits == '0' && p - digits > 1)) goto careful;
                        if (user && (int64_t)v == last_user) {
                            out->user[row] = last_user_index;
                            break;
                        }
                        mq_ids *ids = user ? out->users : out->items;
                        int32_t index = mq_ids_direct(ids, v);
                        if (index < 0) index = mq_ids_add_integer(ids, (int64_t)v, place);
                        if (index < 0) goto careful;
                        if (user) {
                            last_user = (int64_t)v;
                            last_user_index = index;
                            out->user[row] = index;
                        } else {
                            out->item[row] = index;
                        }
                    } else {
                        const char *string = p;
                        while (p < end && *p != separator && *p != '\n' && *p != '"' && *p != '\r' && *p) p++;
                        if (p == string || !at_field_end(f, p, end, c + 1 == columns)) goto careful;
                        int32_t index =
                            mq_ids_add_string(user ? out->users : out->items, string, (size_t)(p - string), place);
                        if (index < 0) goto careful;
                        (user ? out->user : out->item)[row] = index;
                    }
                    break;
                }
                case MQ_VALUE: {
                    const char *digits = p;
                    uint64_t v = 0;
                    unsigned d;
                    int scale = 0;
                    while ((d = (unsigned char)*p - '0') <= 9 && p - digits < 16) {
                        v = v * 10 + d;
                        p++;
                    }
                    if (p == digits) goto careful;
                    if (*p == '.') {
                        const char *fraction = ++p;
                        while ((d = (unsigned char)*p - '0') <= 9 && p - digits < 16) {
                            v = v * 10 + d;
                            p++;
                        }
                        scale = (int)(p - fraction);
                    }
                    if (p - digits > 15) goto careful;
                    out->value[row] = (float)(scale ? (double)v / powers[scale] : (double)v);
                    break;
                }
                case MQ_TIME: {
                    const char *digits = p;
                    uint64_t v = 0;
                    unsigned d;
                    if (eight_digits(p, &v)) p += 8;
                    while ((d = (unsigned char)*p - '0') <= 9 && p - digits < 19) {
                        v = v * 10 + d;
                        p++;
                    }
                    if (p == digits || p - digits > 18 || (int64_t)v > f->latest) goto careful;
                    out->time[row] = f->time_divisor == 1 ? (int64_t)v : (int64_t)v / f->time_divisor;
                    break;
                }
                case MQ_BEHAVIOR: {
                    const char *string = p;
                    while (p < end && *p != separator && *p != '\n' && *p != '"' && *p != '\r' && *p) p++;
                    if (p == string || !at_field_end(f, p, end, c + 1 == columns)) goto careful;
                    int32_t index = mq_ids_add_string(out->behaviors, string, (size_t)(p - string), place);
                    if (index < 0 || index > 255) goto careful;
                    out->behavior[row] = (uint8_t)index;
                    break;
                }
                default:
                    while (p < end && *p != separator && *p != '\n' && *p != '"' && *p) p++;
                    if (p == end || *p == '"' || !*p) goto careful;
                    if (*p == '\n' && p > line && p[-1] == '\r') p--;
                }
                /* Strings may have run past the margin. */
                if ((size_t)(end - p) <= (size_t)(columns - c) * 32) goto careful;
                if (c + 1 < columns) {
                    if (*p != separator || (width > 1 && memcmp(p, f->separator, width))) goto careful;
                    p += width;
                } else {
                    if (*p == '\r') p++;
                    if (*p != '\n') goto careful;
                    p++;
                }
            }
            row++;
            continue;
        }
    careful:
        if (row == limit) {
            /* Only quotes out of pair let more lines appear than were counted, unless this is blank. */
            const char *rest = line;
            if (*rest == '\r') rest++;
            if (rest == end || *rest == '\n') {
                p = rest < end ? rest + 1 : end;
                continue;
            }
            problem = MQ_QUOTE;
        } else {
            p = careful_row(f, out, line, row, &problem, &column, &found, &blank, &scratch, &scratch_size);
        }
        if (problem) {
            *error = (mq_text_error){problem, column, found, (size_t)(line - f->text)};
            break;
        }
        if (!blank) row++;
    }
    free(scratch);
    return row - first_row;
}

int64_t mq_list_parse(const char *text, size_t start, size_t end_offset, int tuples, uint64_t base,
                      const mq_columns *out, int64_t row, int64_t limit, size_t from, size_t to, mq_text_error *error) {
    const char *end = text + end_offset, *stop = text + to, *p = text + from;
    int64_t first_row = row;
    int counting = out->user == NULL;
    error->problem = MQ_FINE;
    if (from > start) {
        for (p--;; p++) {
            if (p + 1 >= stop) return 0;
            if (*p == '\n') break;
        }
        p++;
    }
    while (p < stop) {
        const char *line = p;
        uint64_t place = base + (uint64_t)(line - text);
        int fields = 0;
        int32_t user = -1;
        for (;;) {
            while (p < end &&
                   (*p == ' ' || *p == '\t' || *p == '\r' || (tuples && (*p == '(' || *p == ',' || *p == ')'))))
                p++;
            if (p == end || *p == '\n') break;
            const char *field = p;
            while (p < end && (unsigned char)*p - '0' <= 9u) p++;
            int64_t id;
            int problem = MQ_FINE;
            int ends =
                p == end || *p == ' ' || *p == '\t' || *p == '\r' || *p == '\n' || (tuples && (*p == ',' || *p == ')'));
            if (!ends || !canonical_integer(field, (size_t)(p - field), &id)) {
                problem = p < end && !*p ? MQ_NUL : MQ_NOT_INTEGER;
            } else if (!counting) {
                if (fields == 0) {
                    user = mq_ids_add_integer(out->users, id, place);
                    if (user < 0) problem = MQ_NO_MEMORY;
                } else if (row == limit) {
                    problem = MQ_NO_MEMORY;
                } else {
                    int32_t item = mq_ids_add_integer(out->items, id, place);
                    if (item < 0) problem = MQ_NO_MEMORY;
                    out->user[row] = user;
                    out->item[row] = item;
                    if (out->opens) out->opens[row] = fields == 1;
                    row++;
                }
            } else if (fields > 0) {
                row++;
            }
            if (problem) {
                *error = (mq_text_error){problem, fields, 0, (size_t)(line - text)};
                return row - first_row;
            }
            fields++;
        }
        if (p < end) p++;
    }
    return row - first_row;
}

void mq_remap(int32_t *values, int64_t count, const int32_t *map) {
    for (int64_t i = 0; i < count; i++) values[i] = map[values[i]];
}

void mq_remap_bytes(uint8_t *values, int64_t count, const int32_t *map) {
    for (int64_t i = 0; i < count; i++) values[i] = (uint8_t)map[values[i]];
}

void mq_advise_huge(void *memory, size_t bytes) {
#ifdef MADV_HUGEPAGE
    uintptr_t lower = ((uintptr_t)memory + 4095) & ~(uintptr_t)4095;
    uintptr_t upper = ((uintptr_t)memory + bytes) & ~(uintptr_t)4095;
    if (upper > lower && upper - lower >= 8u << 20) madvise((void *)lower, upper - lower, MADV_HUGEPAGE);
#else
    (void)memory;
    (void)bytes;
#endif
}

uint64_t mq_checksum(const void *memory, size_t size) {
    const unsigned char *p = memory;
    uint64_t lanes[4] = {size, 0x9E3779B97F4A7C15ull, 0xBF58476D1CE4E5B9ull, 0x94D049BB133111EBull};
    while (size >= 32) {
        for (int lane = 0; lane < 4; lane++) {
            uint64_t word;
            memcpy(&word, p + lane * 8, 8);
            lanes[lane] = (lanes[lane] ^ word) * 0xD6E8FEB86659FD93ull;
            lanes[lane] ^= lanes[lane] >> 29;
        }
        p += 32;
        size -= 32;
    }
    uint64_t hash = 0;
    for (; size; size--) hash = (hash ^ *p++) * 0x100000001B3ull + 1;
    for (int lane = 0; lane < 4; lane++) {
        hash = (hash ^ lanes[lane]) * 0xD6E8FEB86659FD93ull;
        hash ^= hash >> 32;
    }
    return hash;
}
