#include "marquee_negatives.h"

#include <stddef.h>

/* A sample costs a handful of cache misses and little else, so samples go through in chunks and
   each stage asks for the memory that the next one reads. */
#define CHUNK 128
/* After so many draws that the user had touched, one is picked from the untouched by rank. */
#define ATTEMPTS 32

static const uint64_t increment = 0x9E3779B97F4A7C15u;

/* As RandomStream.mix. */
static inline uint64_t mix(uint64_t z) {
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

static inline uint64_t high(uint64_t a, uint64_t b) { return (uint64_t)(((unsigned __int128)a * b) >> 64); }

/* As RandomPermutation. */
typedef struct {
    uint64_t key, count, height, width;
} permutation;

static permutation permutation_of(uint64_t count, uint64_t key) {
    uint64_t width = (uint64_t)__builtin_sqrt((double)(count ? count : 1));
    while (width * width < count) width++;
    if (width == 0) width = 1;
    uint64_t height = (count + width - 1) / width;
    return (permutation){key, count, height ? height : 1, width};
}

static inline uint64_t turn(uint64_t key, uint64_t value, uint64_t round, uint64_t bound) {
    return high(mix(key + (value << 3 | round) * increment), bound);
}

static inline uint64_t permute(const permutation *p, uint64_t value) {
    do {
        uint64_t row = value / p->width, column = value % p->width;
        for (uint64_t round = 0; round < 4; round += 2) {
            row += turn(p->key, column, round, p->height);
            row -= row >= p->height ? p->height : 0;
            column += turn(p->key, row, round + 1, p->width);
            column -= column >= p->width ? p->width : 0;
        }
        value = row * p->width + column;
    } while (__builtin_expect(value >= p->count, 0));
    return value;
}

/* The row of a positive. */
static inline int32_t row_of(const mq_negatives *s, int64_t positive) {
    int32_t low = s->starts[positive >> s->shift], upper = s->starts[(positive >> s->shift) + 1];
    while (low < upper) {
        int32_t middle = low + (upper - low) / 2;
        if (s->offsets[middle + 1] <= positive) low = middle + 1;
        else upper = middle;
    }
    return low;
}

static inline int32_t draw(const mq_negatives *s, uint64_t bits) {
    unsigned __int128 product = (unsigned __int128)bits * (uint64_t)s->items;
    int32_t item = (int32_t)(product >> 64);
    if (!s->keep) return item;
    /* The low half is uniform within the slot: it throws the alias table's coin. */
    float coin = (float)((uint64_t)product >> 40) * 0x1p-24f;
    return coin < s->keep[item] ? item : s->alias[item];
}

/* How many entries around the guess are looked at before the row is searched. */
#define WINDOW 32

/* The first entry of the window around the place where an item would stand in a row of `length` if
   the user's taste were everybody's. */
static inline int64_t window(const mq_negatives *s, int64_t length, int32_t item) {
    int64_t from = (int64_t)(s->below[item] * (float)length) - WINDOW / 2;
    if (from > length - WINDOW) from = length - WINDOW;
    return from > 0 ? from : 0;
}

/* Whether entries [low, upper) hold an item. */
static int search(const int32_t *row, int64_t low, int64_t upper, int32_t item) {
    while (low < upper) {
        int64_t middle = low + (upper - low) / 2;
        if (row[middle] == item) return 1;
        if (row[middle] < item) low = middle + 1;
        else upper = middle;
    }
    return 0;
}

/* Whether a row holds an item. The window is compared as a whole, without branches on what it holds. */
static inline int holds(const int32_t *row, int64_t length, int64_t from, int32_t item) {
    int found = 0;
    if (length < WINDOW) {
        for (int64_t k = 0; k < length; k++) found |= row[k] == item;
        return found;
    }
    for (int k = 0; k < WINDOW; k++) found |= row[from + k] == item;
    if (found) return 1;
    if (from > 0 && row[from] > item) return search(row, 0, from, item);
    int64_t end = from + WINDOW;
    if (end < length && row[end - 1] < item) return search(row, end, length, item);
    return 0;
}

/* The rank-th of the items that a row does not hold. */
static int32_t untouched(const int32_t *row, int64_t length, int64_t rank) {
    int64_t low = 0, upper = length;
    while (low < upper) {
        int64_t middle = low + (upper - low) / 2;
        if (row[middle] - middle <= rank) low = middle + 1;
        else upper = middle;
    }
    return (int32_t)(rank + low);
}

/* A negative for the user of `positive`, first drawn as `item` from `bits`. */
static inline int32_t settle(const mq_negatives *s, int32_t user, int64_t positive, uint64_t bits, int32_t item) {
    int64_t base = s->offsets[user], length = s->offsets[user + 1] - base;
    const int32_t *row = s->columns + base;
    if (!holds(row, length, window(s, length, item), item)) return item;
    int64_t left = s->items - length;
    /* Nothing is untouched: the positive stands in for the negative that does not exist. */
    if (left <= 0) return s->columns[positive];
    for (uint64_t attempt = 1; attempt < ATTEMPTS; attempt++) {
        item = draw(s, mix(bits + attempt * increment));
        if (!holds(row, length, window(s, length, item), item)) return item;
    }
    return untouched(row, length, (int64_t)high(mix(bits + ATTEMPTS * increment), (uint64_t)left));
}

static inline void expect(const mq_negatives *s, int32_t user, int32_t item) {
    int64_t base = s->offsets[user], length = s->offsets[user + 1] - base;
    const int32_t *place = s->columns + base + window(s, length, item);
    __builtin_prefetch(place);
    __builtin_prefetch(place + WINDOW / 2);
    __builtin_prefetch(place + WINDOW - 1);
}

static inline uint64_t bits_of(const mq_negatives *s, uint64_t id) { return mix(s->draw_key + (id + 1) * increment); }

void mq_negatives_points(const mq_negatives *s, int64_t first, int64_t count,
                         int32_t *users, int32_t *items, float *labels) {
    uint64_t width = (uint64_t)s->negatives + 1;
    permutation order = permutation_of((uint64_t)s->positives * width, s->order_key);
    uint64_t ids[CHUNK], bits[CHUNK];
    int64_t positives[CHUNK];
    for (int64_t done = 0; done < count; done += CHUNK) {
        int size = count - done < CHUNK ? (int)(count - done) : CHUNK;
        for (int k = 0; k < size; k++) {
            ids[k] = permute(&order, (uint64_t)(first + done + k));
            positives[k] = (int64_t)(ids[k] / width);
            __builtin_prefetch(s->starts + (positives[k] >> s->shift));
        }
        for (int k = 0; k < size; k++) {
            int32_t user = row_of(s, positives[k]);
            users[done + k] = user;
            int positive = ids[k] == (uint64_t)positives[k] * width;
            labels[done + k] = (float)positive;
            if (positive) {
                __builtin_prefetch(s->columns + positives[k]);
            } else {
                bits[k] = bits_of(s, ids[k]);
                items[done + k] = draw(s, bits[k]);
                expect(s, user, items[done + k]);
            }
        }
        for (int k = 0; k < size; k++) {
            int64_t at = done + k;
            if (labels[at] != 0) {
                items[at] = s->columns[positives[k]];
            } else {
                items[at] = settle(s, users[at], positives[k], bits[k], items[at]);
                if (s->offsets[users[at] + 1] - s->offsets[users[at]] >= s->items) labels[at] = 1;
            }
        }
    }
}

void mq_negatives_pairs(const mq_negatives *s, int64_t first, int64_t count,
                        int32_t *users, int32_t *liked, int32_t *unseen) {
    uint64_t width = (uint64_t)s->negatives;
    permutation order = permutation_of((uint64_t)s->positives * width, s->order_key);
    uint64_t ids[CHUNK], bits[CHUNK];
    int64_t positives[CHUNK];
    for (int64_t done = 0; done < count; done += CHUNK) {
        int size = count - done < CHUNK ? (int)(count - done) : CHUNK;
        for (int k = 0; k < size; k++) {
            ids[k] = permute(&order, (uint64_t)(first + done + k));
            positives[k] = (int64_t)(ids[k] / width);
            __builtin_prefetch(s->starts + (positives[k] >> s->shift));
            __builtin_prefetch(s->columns + positives[k]);
        }
        for (int k = 0; k < size; k++) {
            users[done + k] = row_of(s, positives[k]);
            bits[k] = bits_of(s, ids[k]);
            unseen[done + k] = draw(s, bits[k]);
            expect(s, users[done + k], unseen[done + k]);
        }
        for (int k = 0; k < size; k++) {
            liked[done + k] = s->columns[positives[k]];
            unseen[done + k] = settle(s, users[done + k], positives[k], bits[k], unseen[done + k]);
        }
    }
}

void mq_negatives_groups(const mq_negatives *s, int64_t first, int64_t count, int32_t *users, int32_t *items) {
    permutation order = permutation_of((uint64_t)s->positives, s->order_key);
    int64_t width = s->negatives + 1;
    int64_t positives[CHUNK];
    for (int64_t done = 0; done < count; done += CHUNK) {
        int size = count - done < CHUNK ? (int)(count - done) : CHUNK;
        for (int k = 0; k < size; k++) {
            positives[k] = (int64_t)permute(&order, (uint64_t)(first + done + k));
            __builtin_prefetch(s->starts + (positives[k] >> s->shift));
            __builtin_prefetch(s->columns + positives[k]);
        }
        for (int k = 0; k < size; k++) {
            int32_t user = users[done + k] = row_of(s, positives[k]);
            int32_t *group = items + (done + k) * width;
            for (int64_t n = 1; n < width; n++) {
                group[n] = draw(s, bits_of(s, (uint64_t)(positives[k] * (width - 1) + n - 1)));
                expect(s, user, group[n]);
            }
        }
        for (int k = 0; k < size; k++) {
            int32_t *group = items + (done + k) * width;
            group[0] = s->columns[positives[k]];
            for (int64_t n = 1; n < width; n++) {
                uint64_t bits = bits_of(s, (uint64_t)(positives[k] * (width - 1) + n - 1));
                group[n] = settle(s, users[done + k], positives[k], bits, group[n]);
            }
        }
    }
}
