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
    uint64_t key, count, height, width, rounds;
} permutation;

static permutation permutation_of(uint64_t count, uint64_t key) {
    uint64_t width = (uint64_t)__builtin_sqrt((double)(count ? count : 1));
    while (width * width < count) width++;
    if (width == 0) width = 1;
    uint64_t height = (count + width - 1) / width;
    return (permutation){key, count, height ? height : 1, width, count < 1 << 20 ? 12 : 4};
}

static inline uint64_t turn(uint64_t key, uint64_t value, uint64_t round, uint64_t bound) {
    return high(mix(key + (value << 4 | round) * increment), bound);
}

static inline uint64_t permute(const permutation *p, uint64_t value) {
    do {
        uint64_t row = value / p->width, column = value % p->width;
        for (uint64_t round = 0; round < p->rounds; round += 2) {
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
        if (s->offsets[middle + 1] <= positive)
            low = middle + 1;
        else
            upper = middle;
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

/* Entries in a cache line. */
#define LINE 16

/* The line of a row in which an item would stand if the user's taste were everybody's; what sampling
   costs is mostly how many lines it fetches. */
static inline int64_t line(const mq_negatives *s, const int32_t *row, int64_t length, int32_t item) {
    int64_t index = (int64_t)(s->below[item] * (float)length);
    int64_t from = index - (int64_t)((uintptr_t)(row + index) / sizeof *row % LINE);
    if (from > length - LINE) from = length - LINE;
    return from > 0 ? from : 0;
}

/* What a line says of an item: held, not held, or to be looked for before or after it. */
enum answer { FREE, HELD, BEFORE, AFTER };

static inline enum answer ask(const int32_t *row, int64_t length, int64_t from, int32_t item) {
    int found = 0;
    if (length < LINE) {
        for (int64_t k = 0; k < length; k++) found |= row[k] == item;
        return found ? HELD : FREE;
    }
    for (int k = 0; k < LINE; k++) found |= row[from + k] == item;
    if (found) return HELD;
    if (from > 0 && row[from] > item) return BEFORE;
    if (from + LINE < length && row[from + LINE - 1] < item) return AFTER;
    return FREE;
}

/* Whether entries [low, upper) hold an item. */
static int search(const int32_t *row, int64_t low, int64_t upper, int32_t item) {
    while (low < upper) {
        int64_t middle = low + (upper - low) / 2;
        if (row[middle] == item) return 1;
        if (row[middle] < item)
            low = middle + 1;
        else
            upper = middle;
    }
    return 0;
}

/* Whether a row holds an item, from line to line in doubling steps and then by halves. */
static int holds(const int32_t *row, int64_t length, int64_t from, int32_t item, enum answer answer) {
    int64_t step = LINE;
    if (answer == BEFORE) {
        int64_t upper = from, low = upper - step;
        while (low > 0 && row[low] > item) {
            upper = low;
            step *= 2;
            low = upper - step;
        }
        return search(row, low > 0 ? low : 0, upper, item);
    }
    if (answer == AFTER) {
        int64_t low = from + LINE, upper = low + step;
        while (upper < length && row[upper - 1] < item) {
            low = upper;
            step *= 2;
            upper = low + step;
        }
        return search(row, low, upper < length ? upper : length, item);
    }
    return answer == HELD;
}

/* The rank-th of the items that a row does not hold. */
static int32_t untouched(const int32_t *row, int64_t length, int64_t rank) {
    int64_t low = 0, upper = length;
    while (low < upper) {
        int64_t middle = low + (upper - low) / 2;
        if (row[middle] - middle <= rank)
            low = middle + 1;
        else
            upper = middle;
    }
    return (int32_t)(rank + low);
}

/* A draw on its way to being a negative. */
typedef struct {
    const int32_t *row;
    int64_t length, from;
    uint64_t bits;
    int32_t item;
    int32_t positive; /* its index in the row */
    enum answer answer;
} candidate;

/* Draws an item and asks for the line where the user's row would hold it. */
static inline void propose(const mq_negatives *s, candidate *c, uint64_t bits) {
    c->item = draw(s, bits);
    c->from = line(s, c->row, c->length, c->item);
    __builtin_prefetch(c->row + c->from);
}

static inline void begin(const mq_negatives *s, candidate *c, int32_t user, int64_t positive, uint64_t bits) {
    int64_t base = s->offsets[user];
    c->row = s->columns + base;
    c->length = s->offsets[user + 1] - base;
    c->positive = (int32_t)(positive - base);
    c->bits = bits;
    propose(s, c, bits);
}

/* Brings all candidates to an item that their users have not touched. Whoever drew a touched one
   draws again in the next round, so that every round has all its lines on their way at once. */
static void settle(const mq_negatives *s, candidate *candidates, int count) {
    int open[CHUNK], size = count;
    for (int n = 0; n < count; n++) open[n] = n;
    for (uint64_t attempt = 1; size > 0; attempt++) {
        for (int n = 0; n < size; n++) {
            candidate *c = &candidates[open[n]];
            c->answer = ask(c->row, c->length, c->from, c->item);
            if (c->answer == BEFORE) __builtin_prefetch(c->row + c->from - 1);
            if (c->answer == AFTER) __builtin_prefetch(c->row + c->from + LINE);
        }
        int again = 0;
        for (int n = 0; n < size; n++) {
            candidate *c = &candidates[open[n]];
            if (c->answer == FREE || !holds(c->row, c->length, c->from, c->item, c->answer)) continue;
            uint64_t bits = mix(c->bits + attempt * increment);
            int64_t left = s->items - c->length;
            if (left <= 0) {
                /* Nothing is untouched: the positive stands in for the negative that does not exist. */
                c->item = c->row[c->positive];
            } else if (attempt == ATTEMPTS) {
                c->item = untouched(c->row, c->length, (int64_t)high(bits, (uint64_t)left));
            } else {
                propose(s, c, bits);
                open[again++] = open[n];
            }
        }
        size = again;
    }
}

static inline uint64_t bits_of(const mq_negatives *s, uint64_t id) { return mix(s->draw_key + (id + 1) * increment); }

/* The positive whose turn it is, or in its place one of a row drawn uniformly. */
static inline int64_t positive_of(const mq_negatives *s, uint64_t turn) {
    if (!s->active) return (int64_t)turn;
    uint64_t bits = mix(mix(s->order_key) + (turn + 1) * increment);
    int32_t row = s->active[high(bits, (uint64_t)s->active_count)];
    int64_t length = s->offsets[row + 1] - s->offsets[row];
    return s->offsets[row] + (int64_t)high(mix(bits), (uint64_t)length);
}

void mq_negatives_points(const mq_negatives *s, int64_t first, int64_t count, int32_t *users, int32_t *items,
                         float *labels) {
    uint64_t width = (uint64_t)s->negatives + 1;
    permutation order = permutation_of((uint64_t)s->positives * width, s->order_key);
    uint64_t ids[CHUNK];
    int64_t positives[CHUNK];
    int negative[CHUNK];
    candidate candidates[CHUNK];
    for (int64_t done = 0; done < count; done += CHUNK) {
        int size = count - done < CHUNK ? (int)(count - done) : CHUNK;
        for (int k = 0; k < size; k++) {
            ids[k] = permute(&order, (uint64_t)(first + done + k));
            positives[k] = positive_of(s, ids[k] / width);
            __builtin_prefetch(s->starts + (positives[k] >> s->shift));
        }
        int negatives = 0;
        for (int k = 0; k < size; k++) {
            int32_t user = users[done + k] = row_of(s, positives[k]);
            if (ids[k] % width == 0) {
                labels[done + k] = 1;
                __builtin_prefetch(s->columns + positives[k]);
            } else {
                labels[done + k] = 0;
                begin(s, &candidates[negatives], user, positives[k], bits_of(s, ids[k]));
                negative[negatives++] = k;
            }
        }
        settle(s, candidates, negatives);
        for (int k = 0; k < size; k++) {
            if (labels[done + k] != 0) items[done + k] = s->columns[positives[k]];
        }
        for (int n = 0; n < negatives; n++) {
            int k = negative[n];
            items[done + k] = candidates[n].item;
            if (candidates[n].length >= s->items) labels[done + k] = 1;
        }
    }
}

void mq_negatives_pairs(const mq_negatives *s, int64_t first, int64_t count, int32_t *users, int32_t *liked,
                        int32_t *unseen) {
    uint64_t width = (uint64_t)s->negatives;
    permutation order = permutation_of((uint64_t)s->positives * width, s->order_key);
    uint64_t ids[CHUNK];
    int64_t positives[CHUNK];
    candidate candidates[CHUNK];
    for (int64_t done = 0; done < count; done += CHUNK) {
        int size = count - done < CHUNK ? (int)(count - done) : CHUNK;
        for (int k = 0; k < size; k++) {
            ids[k] = permute(&order, (uint64_t)(first + done + k));
            positives[k] = positive_of(s, ids[k] / width);
            __builtin_prefetch(s->starts + (positives[k] >> s->shift));
            __builtin_prefetch(s->columns + positives[k]);
        }
        for (int k = 0; k < size; k++) {
            users[done + k] = row_of(s, positives[k]);
            begin(s, &candidates[k], users[done + k], positives[k], bits_of(s, ids[k]));
        }
        settle(s, candidates, size);
        for (int k = 0; k < size; k++) {
            liked[done + k] = s->columns[positives[k]];
            unseen[done + k] = candidates[k].item;
        }
    }
}

/* One group after the other would wait for each; so positives go in chunks, and the negatives of a
   chunk in chunks of their own. */
void mq_negatives_groups(const mq_negatives *s, int64_t first, int64_t count, int32_t *users, int32_t *items) {
    permutation order = permutation_of((uint64_t)s->positives, s->order_key);
    int64_t width = s->negatives + 1;
    uint64_t turns[CHUNK];
    int64_t positives[CHUNK];
    candidate candidates[CHUNK];
    for (int64_t done = 0; done < count; done += CHUNK) {
        int size = count - done < CHUNK ? (int)(count - done) : CHUNK;
        for (int k = 0; k < size; k++) {
            turns[k] = permute(&order, (uint64_t)(first + done + k));
            positives[k] = positive_of(s, turns[k]);
            __builtin_prefetch(s->starts + (positives[k] >> s->shift));
            __builtin_prefetch(s->columns + positives[k]);
        }
        for (int k = 0; k < size; k++) {
            users[done + k] = row_of(s, positives[k]);
            items[(done + k) * width] = s->columns[positives[k]];
        }
        int64_t negatives = size * s->negatives;
        for (int64_t base = 0; base < negatives; base += CHUNK) {
            int part = negatives - base < CHUNK ? (int)(negatives - base) : CHUNK;
            for (int n = 0; n < part; n++) {
                int64_t k = (base + n) / s->negatives, slot = (base + n) % s->negatives;
                uint64_t id = turns[k] * (uint64_t)s->negatives + (uint64_t)slot;
                begin(s, &candidates[n], users[done + k], positives[k], bits_of(s, id));
            }
            settle(s, candidates, part);
            for (int n = 0; n < part; n++) {
                int64_t k = (base + n) / s->negatives, slot = (base + n) % s->negatives;
                items[(done + k) * width + 1 + slot] = candidates[n].item;
            }
        }
    }
}
