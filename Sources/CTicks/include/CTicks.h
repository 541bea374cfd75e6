// The three loops over the text of tick files for which Swift has no words: which bytes are delimiters, which cells differ from the
// cell above, and what a number's characters are, as an exact key. Each in three forms (AVX2, SSE2, plain C) that answer the same;
// the tests compare them. No memory is allocated here, and no policy lives here.
#ifndef TICK_CTICKS_H
#define TICK_CTICKS_H

#include <stddef.h>
#include <stdint.h>

// Bytes that must be readable before and behind a text.
#define TICK_PADDING 128

// A stretch of whole lines. Line 0 is the one above the first row: what that row is compared with.
struct tick_text {
    const uint8_t *bytes;
    // A bit a byte: ',' or '\n'. Two more words of zeros follow the last.
    const uint64_t *delimiters;
    // Of each line, where its '\n' is.
    const uint32_t *line_ends;
    size_t columns;
    // Whether rows begin with exchange, symbol, timestamp and local_timestamp, with more cells behind them: these are then read
    // at one blow, and times that are 1 to 16 digits make no events.
    int has_standard_lead;
};

// An event says that from a row on a column's cell is these bytes: row << 42 | length << 22 | offset of the cell's end.
#define TICK_EVENT_ROW_SHIFT 42
#define TICK_EVENT_LENGTH_SHIFT 22
#define TICK_EVENT_MASK_LENGTH 0xFFFFF
#define TICK_EVENT_MASK_END 0x3FFFFF

// Keys that are no number's: of an empty cell, and of one that needs a closer look.
#define TICK_KEY_NULL 0xDAAAAAAAAAAAAAAA
#define TICK_KEY_SLOW 0xDBBBBBBBBBBBBBBB

struct tick_kernels {
    // Fills `delimiters` (count / 64 + 3 words) and `line_ends`; answers how many lines there are. `is_ascii` is set to 0 when a byte is
    // 0x80 or more, and left alone otherwise.
    size_t (*index)(const uint8_t *bytes, size_t count, uint64_t *delimiters, uint32_t *line_ends, int *is_ascii);
    // Writes the events of the rows [from, to): `out[column]` points to where the next one goes, and is moved on. With `all_first` every
    // cell of the first row is one. `times[0]` and `times[1]` get the times of a standard lead, by row. Each column needs room for an
    // event more than it has rows, and `out` one column more, as a step may write an event that counts for nothing. Answers `to`, or the
    // first row that has too few or too many cells.
    size_t (*compare)(const struct tick_text *text, size_t from, size_t to, int all_first, uint64_t **out, int64_t *const *times);
    // Writes what the cells of `count` events are as keys, and `row_base` + their rows. A key has the cell's characters as nibbles,
    // the last one lowest: digits, 0xE for '.', 0xD for a leading '-', zeros in front. Cells with equal keys are equal numbers;
    // whether they are numbers at all is not looked at. Answers 1 for an empty cell, 2 for a slow one, 3 for both.
    unsigned (*keys)(const uint8_t *bytes, const uint64_t *events, size_t count, uint32_t row_base, uint64_t *keys, uint32_t *rows);
};

enum { TICK_PLAIN = 0, TICK_SSE2 = 1, TICK_AVX2 = 2, TICK_FORMS = 3 };

// The kernels in one form; NULL when this processor or program does not have it.
const struct tick_kernels *tick_kernels_of(int form);
// The best form that there is.
const struct tick_kernels *tick_kernels_best(void);

// The next delimiter at or behind `at`; there must be one.
static inline size_t tick_next_delimiter(const uint64_t *delimiters, size_t at) {
    uint64_t word = delimiters[at >> 6] >> (at & 63);
    if (word) return at + (size_t)__builtin_ctzll(word);
    for (at = (at >> 6) + 1; !delimiters[at]; at++) {}
    return (at << 6) + (size_t)__builtin_ctzll(delimiters[at]);
}

// 10 to the power of 0 to 22: those that a double holds exactly.
static inline double tick_power_of_ten(int exponent) {
    static const double powers[23] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    return powers[exponent];
}

#endif
