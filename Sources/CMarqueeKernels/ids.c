#include "ids.h"

#include <stdlib.h>
#include <string.h>

/* Integers below this may be looked up in a plain array, as long as it stays in proportion. */
#define DIRECT_LIMIT (1 << 26)

static inline uint64_t mix(uint64_t z) {
    z = (z ^ (z >> 32)) * 0xD6E8FEB86659FD93ull;
    z = (z ^ (z >> 32)) * 0xD6E8FEB86659FD93ull;
    return z ^ (z >> 32);
}

static inline uint64_t hash_bytes(const char *bytes, size_t length) {
    uint64_t hash = length * 0x9E3779B97F4A7C15ull;
    while (length >= 8) {
        uint64_t word;
        memcpy(&word, bytes, 8);
        hash = mix(hash ^ word);
        bytes += 8;
        length -= 8;
    }
    if (length) {
        uint64_t word = 0;
        memcpy(&word, bytes, length);
        hash = mix(hash ^ word);
    }
    return hash;
}

mq_ids *mq_ids_create(int strings) {
    mq_ids *ids = calloc(1, sizeof *ids);
    if (!ids) return NULL;
    ids->strings = strings;
    return ids;
}

void mq_ids_destroy(mq_ids *ids) {
    if (!ids) return;
    free(ids->integers);
    free(ids->places);
    free(ids->bytes);
    free(ids->offsets);
    free(ids->direct);
    free(ids->slots);
    free(ids->hashes);
    free(ids);
}

static void *duplicate(const void *memory, size_t bytes) {
    void *copy = malloc(bytes ? bytes : 1);
    if (copy && bytes) memcpy(copy, memory, bytes);
    return copy;
}

mq_ids *mq_ids_copy(const mq_ids *ids) {
    mq_ids *copy = calloc(1, sizeof *copy);
    if (!copy) return NULL;
    *copy = *ids;
    size_t n = ids->capacity;
    int failed = 0;
#define COPY(field, bytes) \
    copy->field = NULL; \
    if (ids->field && !(copy->field = duplicate(ids->field, bytes))) failed = 1
    COPY(integers, n * sizeof(int64_t));
    COPY(places, n * sizeof(uint64_t));
    COPY(bytes, ids->byte_capacity);
    COPY(offsets, (n + 1) * sizeof(uint64_t));
    COPY(direct, ids->direct_size * sizeof(int32_t));
    COPY(slots, (ids->slot_mask + 1) * sizeof(int32_t));
    COPY(hashes, n * sizeof(uint32_t));
#undef COPY
    if (!failed) return copy;
    mq_ids_destroy(copy);
    return NULL;
}

int mq_ids_are_strings(const mq_ids *ids) { return ids->strings; }
int32_t mq_ids_count(const mq_ids *ids) { return ids->count; }
const int64_t *mq_ids_integers(const mq_ids *ids) { return ids->integers; }
const char *mq_ids_bytes(const mq_ids *ids) { return ids->bytes; }
const uint64_t *mq_ids_offsets(const mq_ids *ids) { return ids->offsets; }

const char *mq_ids_string(const mq_ids *ids, int32_t index, size_t *length) {
    *length = ids->offsets[index + 1] - ids->offsets[index];
    return ids->bytes + ids->offsets[index];
}

static int grow(void **memory, size_t bytes) {
    void *grown = realloc(*memory, bytes);
    if (!grown) return 0;
    *memory = grown;
    return 1;
}

/* Room for one more entry. */
static int reserve(mq_ids *ids) {
    if (ids->count == INT32_MAX) return 0;
    if ((size_t)ids->count < ids->capacity) return 1;
    size_t capacity = ids->capacity ? ids->capacity * 2 : 64;
    if (!grow((void **)&ids->places, capacity * sizeof(uint64_t))) return 0;
    if (ids->strings) {
        if (!grow((void **)&ids->offsets, (capacity + 1) * sizeof(uint64_t))) return 0;
        if (!grow((void **)&ids->hashes, capacity * sizeof(uint32_t))) return 0;
        if (!ids->capacity) ids->offsets[0] = 0;
    } else if (!grow((void **)&ids->integers, capacity * sizeof(int64_t))) {
        return 0;
    }
    ids->capacity = capacity;
    return 1;
}

/* Room in the hash slots for one more: at most half full. */
static int reserve_slot(mq_ids *ids) {
    if (ids->slots && (size_t)ids->hashed * 2 < ids->slot_mask) return 1;
    size_t size = ids->slots ? (ids->slot_mask + 1) * 2 : 256;
    int32_t *slots = calloc(size, sizeof(int32_t));
    if (!slots) return 0;
    size_t mask = size - 1;
    for (size_t old = 0; ids->slots && old <= ids->slot_mask; old++) {
        int32_t entry = ids->slots[old];
        if (!entry) continue;
        size_t slot = (ids->strings ? ids->hashes[entry - 1] : mix((uint64_t)ids->integers[entry - 1])) & mask;
        while (slots[slot]) slot = (slot + 1) & mask;
        slots[slot] = entry;
    }
    free(ids->slots);
    ids->slots = slots;
    ids->slot_mask = mask;
    return 1;
}

int32_t mq_ids_find_integer(const mq_ids *ids, int64_t id) {
    if ((uint64_t)id < ids->direct_size) {
        if (ids->direct[id]) return ids->direct[id] - 1;
        /* Ids that came before the array grew over them moved into it, so absence is final. */
        return -1;
    }
    if (!ids->slots || ids->strings) return -1;
    for (size_t slot = mix((uint64_t)id) & ids->slot_mask;; slot = (slot + 1) & ids->slot_mask) {
        int32_t entry = ids->slots[slot];
        if (!entry) return -1;
        if (ids->integers[entry - 1] == id) return entry - 1;
    }
}

/* Lets the plain array cover `id` where that costs little: at most 16 entries an id seen, or 64 KiB. */
static void cover(mq_ids *ids, int64_t id) {
    if (id < 0 || id >= DIRECT_LIMIT || (uint64_t)id < ids->direct_size) return;
    size_t wanted = (size_t)id + 1;
    size_t allowed = (size_t)ids->count * 16 + 16384;
    if (wanted > allowed) return;
    size_t size = ids->direct_size ? ids->direct_size : 1024;
    while (size < wanted) size *= 2;
    int32_t *direct = calloc(size, sizeof(int32_t));
    if (!direct) return;
    if (ids->direct_size) memcpy(direct, ids->direct, ids->direct_size * sizeof(int32_t));
    if (ids->hashed)
        for (int32_t index = 0; index < ids->count; index++)
            if ((uint64_t)ids->integers[index] < size) direct[ids->integers[index]] = index + 1;
    free(ids->direct);
    ids->direct = direct;
    ids->direct_size = size;
}

int32_t mq_ids_add_integer(mq_ids *ids, int64_t id, uint64_t place) {
    int32_t found = mq_ids_find_integer(ids, id);
    if (found >= 0) return found;
    if (!reserve(ids)) return -1;
    cover(ids, id);
    if ((uint64_t)id < ids->direct_size) {
        ids->direct[id] = ids->count + 1;
    } else {
        if (!reserve_slot(ids)) return -1;
        size_t slot = mix((uint64_t)id) & ids->slot_mask;
        while (ids->slots[slot]) slot = (slot + 1) & ids->slot_mask;
        ids->slots[slot] = ids->count + 1;
        ids->hashed++;
    }
    ids->integers[ids->count] = id;
    ids->places[ids->count] = place;
    return ids->count++;
}

static inline int32_t find_hashed(const mq_ids *ids, const char *id, size_t length, uint32_t hash) {
    if (!ids->slots || !ids->strings) return -1;
    for (size_t slot = hash & ids->slot_mask;; slot = (slot + 1) & ids->slot_mask) {
        int32_t entry = ids->slots[slot];
        if (!entry) return -1;
        if (ids->hashes[entry - 1] != hash) continue;
        size_t start = ids->offsets[entry - 1];
        if (ids->offsets[entry] - start == length && memcmp(ids->bytes + start, id, length) == 0) return entry - 1;
    }
}

int32_t mq_ids_find_string(const mq_ids *ids, const char *id, size_t length) {
    return find_hashed(ids, id, length, (uint32_t)hash_bytes(id, length));
}

int32_t mq_ids_add_string(mq_ids *ids, const char *id, size_t length, uint64_t place) {
    uint32_t hash = (uint32_t)hash_bytes(id, length);
    int32_t found = find_hashed(ids, id, length, hash);
    if (found >= 0) return found;
    if (!reserve(ids) || !reserve_slot(ids)) return -1;
    size_t start = ids->offsets[ids->count];
    if (start + length > ids->byte_capacity) {
        size_t capacity = ids->byte_capacity ? ids->byte_capacity * 2 : 1024;
        while (capacity < start + length) capacity *= 2;
        if (!grow((void **)&ids->bytes, capacity)) return -1;
        ids->byte_capacity = capacity;
    }
    if (length) memcpy(ids->bytes + start, id, length);
    ids->offsets[ids->count + 1] = start + length;
    ids->hashes[ids->count] = hash;
    ids->places[ids->count] = place;
    size_t slot = hash & ids->slot_mask;
    while (ids->slots[slot]) slot = (slot + 1) & ids->slot_mask;
    ids->slots[slot] = ids->count + 1;
    ids->hashed++;
    return ids->count++;
}

int mq_ids_join(mq_ids *joined, mq_ids *const *tables, int count, int32_t *const *maps) {
    int32_t *heads = calloc((size_t)count, sizeof(int32_t));
    if (!heads) return -1;
    for (;;) {
        int next = -1;
        for (int t = 0; t < count; t++)
            if (heads[t] < tables[t]->count &&
                (next < 0 || tables[t]->places[heads[t]] < tables[next]->places[heads[next]]))
                next = t;
        if (next < 0) break;
        const mq_ids *table = tables[next];
        int32_t entry = heads[next]++;
        int32_t index;
        if (table->strings) {
            size_t length;
            const char *bytes = mq_ids_string(table, entry, &length);
            index = mq_ids_add_string(joined, bytes, length, table->places[entry]);
        } else {
            index = mq_ids_add_integer(joined, table->integers[entry], table->places[entry]);
        }
        if (index < 0) {
            free(heads);
            return -1;
        }
        maps[next][entry] = index;
    }
    free(heads);
    return 0;
}
