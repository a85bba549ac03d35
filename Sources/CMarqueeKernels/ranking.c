#include "marquee_clones.h"
#include "marquee_ranking.h"
#include <math.h>

MQ_CLONES
mq_standing mq_standing_of(float score, const float *scores, ptrdiff_t count) {
    mq_standing standing = {0, 0, 0};
    /* Runs that 32-bit counters hold, so that a vector holds as many counters as scores. */
    for (ptrdiff_t start = 0; start < count; start += 1 << 20) {
        const ptrdiff_t end = count - start < 1 << 20 ? count : start + (1 << 20);
        int32_t greater = 0, equal = 0, unordered = 0;
        for (ptrdiff_t i = start; i < end; i++) {
            greater += scores[i] > score;
            equal += scores[i] == score;
            unordered += scores[i] != scores[i];
        }
        standing.greater += greater;
        standing.equal += equal;
        standing.unordered += unordered;
    }
    return standing;
}

static inline int worse(mq_scored a, mq_scored b) {
    return a.score < b.score || (a.score == b.score && a.item > b.item);
}

/* Lets `entry` sink from the front of a heap of `count` to its place. */
static inline void sink(mq_scored *heap, ptrdiff_t count, mq_scored entry) {
    ptrdiff_t hole = 0;
    for (;;) {
        ptrdiff_t child = 2 * hole + 1;
        if (child >= count) break;
        if (child + 1 < count && worse(heap[child + 1], heap[child])) child++;
        if (!worse(heap[child], entry)) break;
        heap[hole] = heap[child];
        hole = child;
    }
    heap[hole] = entry;
}

/* Adds `entry` to a heap of `count`. */
static inline void rise(mq_scored *heap, ptrdiff_t count, mq_scored entry) {
    ptrdiff_t hole = count;
    while (hole > 0 && worse(entry, heap[(hole - 1) / 2])) {
        heap[hole] = heap[(hole - 1) / 2];
        hole = (hole - 1) / 2;
    }
    heap[hole] = entry;
}

enum { stretch = 32 };

MQ_CLONES
ptrdiff_t mq_best_update(const float *scores, ptrdiff_t count, int32_t first, mq_scored *best, ptrdiff_t *kept,
                         ptrdiff_t limit) {
    ptrdiff_t size = *kept;
    float threshold = size < limit ? -INFINITY : best[0].score;
    for (ptrdiff_t start = 0; start < count; start += stretch) {
        const ptrdiff_t end = count - start < stretch ? count : start + stretch;
        /* Nearly every stretch ends here. A score that is not a number passes, to be found below. */
        int passing = 0;
        if (end - start == stretch) {
            for (ptrdiff_t i = 0; i < stretch; i++) passing |= !(scores[start + i] <= threshold);
        } else {
            passing = 1;
        }
        if (!passing) continue;
        for (ptrdiff_t i = start; i < end; i++) {
            if (scores[i] <= threshold) continue;
            if (isnan(scores[i])) return i;
            const mq_scored entry = {scores[i], first + (int32_t)i};
            if (size < limit) {
                rise(best, size++, entry);
                if (size < limit) continue;
            } else {
                sink(best, size, entry);
            }
            threshold = best[0].score;
        }
    }
    *kept = size;
    return -1;
}

void mq_best_sort(mq_scored *best, ptrdiff_t kept) {
    for (ptrdiff_t last = kept - 1; last > 0; last--) {
        const mq_scored entry = best[last];
        best[last] = best[0];
        sink(best, last, entry);
    }
}
