/* SPDX-License-Identifier: BSD-3-Clause */
/* See process/tape.h. */
#include "process/tape.h"

#include "cpu/mem.h"

static uint64_t load(const uint64_t *p)
{
	return __atomic_load_n(p, __ATOMIC_ACQUIRE);
}

static bool take(struct tape_head *head, uint64_t owner)
{
	uint64_t nobody = 0;

	return __atomic_compare_exchange_n(&head->owner, &nobody, owner, false,
					   __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

/* Its index, or -1. */
static int find(struct tape_file *file, uint64_t owner)
{
	uint32_t n = __atomic_load_n(&file->nr_tapes, __ATOMIC_ACQUIRE);

	for (uint32_t i = 0; i < n && i < TAPES; i++) {
		if (load(&file->heads[i].owner) == owner)
			return (int)i;
	}
	return -1;
}

/* Readers scan so far. */
static void count_used(struct tape_file *file, uint32_t n)
{
	uint32_t is = __atomic_load_n(&file->nr_tapes, __ATOMIC_RELAXED);

	while (is < n &&
	       !__atomic_compare_exchange_n(&file->nr_tapes, &is, n, false,
					    __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
		;
}

int tape_claim(struct tape_file *file, uint64_t owner)
{
	int own = find(file, owner);

	if (own >= 0)
		return own;
	for (uint32_t i = 0; i < TAPES; i++) {
		if (!take(&file->heads[i], owner))
			continue;
		count_used(file, i + 1);
		return (int)i;
	}
	__atomic_add_fetch(&file->dropped, 1, __ATOMIC_RELAXED);
	return -1;
}

void tape_release(struct tape_file *file, uint32_t process)
{
	for (uint32_t i = 0; i < TAPES; i++) {
		if (load(&file->heads[i].owner) >> 32 == process)
			__atomic_store_n(&file->heads[i].owner, 0,
					 __ATOMIC_RELEASE);
	}
}

/* To or from the ring, at offset `at`. */
static void copy(const struct tape *tape, uint64_t at, void *buf, size_t n,
		 bool in)
{
	uint64_t off = at % TAPE_SIZE;
	size_t first = n < TAPE_SIZE - off ? n : TAPE_SIZE - off;
	uint8_t *p = buf;

	if (in) {
		memcpy(tape->data + off, p, first);
		memcpy(tape->data, p + first, n - first);
	} else {
		memcpy(p, tape->data + off, first);
		memcpy(p + first, tape->data, n - first);
	}
}

/* As it stands there: whoever scribbled on it must not lead anybody astray. */
static bool is_good(uint32_t size, uint64_t room)
{
	return size >= sizeof(struct tape_record) && size <= TAPE_RECORD &&
	       size % 8 == 0 && size <= room;
}

/* Where `tail` must be, so that there are n bytes before `head` + n. */
static uint64_t make_room(const struct tape *tape, uint64_t head, uint64_t tail,
			  uint64_t n)
{
	while (head + n - tail > TAPE_SIZE) {
		uint32_t size;

		copy(tape, tail, &size, sizeof(size), false);
		if (!is_good(size, head - tail))
			return head; /* nothing of it can be read */
		tail += size;
	}
	return tail;
}

void tape_put(const struct tape *tape, struct tape_record *record)
{
	struct tape_head *h = tape->head;
	uint64_t head = load(&h->head), was = load(&h->tail), tail;
	uint64_t n = record->size;

	if (head - was > TAPE_SIZE)
		was = head;
	tail = make_room(tape, head, was, n);
	if (tail != was)
		__atomic_store_n(&h->tail, tail, __ATOMIC_RELAXED);
	/* nobody sees new bytes and the old tail */
	__atomic_thread_fence(__ATOMIC_RELEASE);
	record->number = ++h->records;
	copy(tape, head, record, n, true);
	__atomic_store_n(&h->head, head + n, __ATOMIC_RELEASE);
}

struct tape_place tape_end(const struct tape *tape)
{
	uint64_t head = load(&tape->head->head);

	return (struct tape_place){ head, load(&tape->head->records) + 1 };
}

/* What was read may have been written over meanwhile. */
static bool was_whole(const struct tape *tape, uint64_t at)
{
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return load(&tape->head->tail) <= at;
}

/* One record at place->at, if it is whole. */
static bool get(const struct tape *tape, struct tape_place *place,
		uint64_t room, struct tape_record *r)
{
	copy(tape, place->at, r, sizeof(*r), false);
	if (!is_good(r->size, room))
		return false;
	copy(tape, place->at + sizeof(*r), r + 1, r->size - sizeof(*r), false);
	return was_whole(tape, place->at);
}

bool tape_get(const struct tape *tape, struct tape_place *place, void *buffer,
	      uint64_t *lost)
{
	struct tape_record *r = buffer;

	*lost = 0;
	for (;;) {
		uint64_t head = load(&tape->head->head);
		uint64_t tail = load(&tape->head->tail);

		if (place->at < tail || place->at > head)
			place->at = tail;
		if (place->at >= head || head - place->at > TAPE_SIZE)
			return false;
		if (get(tape, place, head - place->at, r))
			break;
		if (was_whole(tape, place->at))
			place->at = head; /* scribbled on */
	}
	if (place->next && r->number > place->next)
		*lost = r->number - place->next;
	place->next = r->number + 1;
	place->at += r->size;
	return true;
}
