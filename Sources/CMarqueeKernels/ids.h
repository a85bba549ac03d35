#ifndef MARQUEE_IDS_H
#define MARQUEE_IDS_H
/* What an id table is made of, for loops that look ids up themselves. */
#include "marquee_text.h"

struct mq_ids {
    int strings;
    int32_t count;
    size_t capacity;
    int64_t *integers;
    uint64_t *places;
    char *bytes;
    size_t byte_capacity;
    uint64_t *offsets; /* capacity + 1 */
    int32_t *direct;   /* index + 1 by id */
    size_t direct_size;
    int32_t *slots; /* index + 1, open addressing, linear probing */
    size_t slot_mask;
    int32_t hashed;   /* entries in slots */
    uint32_t *hashes; /* by index, of strings */
};

/* The index of an id in the plain array, -1 where it has none there. */
static inline int32_t mq_ids_direct(const mq_ids *ids, uint64_t id) {
    return id < ids->direct_size ? ids->direct[id] - 1 : -1;
}
#endif
