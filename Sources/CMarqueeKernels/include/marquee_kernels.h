#ifndef MARQUEE_KERNELS_H
#define MARQUEE_KERNELS_H
/* The C inner loops of Marquee, one header a subject. */
#include "marquee_attention.h"
#include "marquee_cpu.h"
#include "marquee_graph.h"
#include "marquee_ials.h"
#include "marquee_layers.h"
#include "marquee_negatives.h"
#include "marquee_pool.h"
#include "marquee_ranking.h"
#include "marquee_sequences.h"
#include "marquee_sparse.h"
#include "marquee_text.h"
#include "marquee_updates.h"
#include "marquee_walks.h"
#endif
