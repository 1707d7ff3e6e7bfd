package dev.whetstone.grammar.regex;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * A set of code points as sorted, disjoint ranges.
 *
 * @param bounds first and last code point of each range, in ascending order
 */
record CodePoints(int[] bounds) {
  private static final int LAST = Character.MAX_CODE_POINT;
  private static final int[] ALL_PARTS = {1, 0xd7ff, 0xe000, LAST};

  /** Every code point that a text may have: not U+0000, which is not stored, and no surrogate. */
  static final CodePoints ALL = of(ALL_PARTS);

  static final CodePoints DIGIT = of('0', '9');
  static final CodePoints WORD = of('0', '9', 'A', 'Z', '_', '_', 'a', 'z');

  /** Spaces in every dialect; what only ECMA-262 counts as one is in neither \s nor \S. */
  static final CodePoints SPACE = of('\t', '\r', ' ', ' ');

  static final CodePoints NOT_SPACE =
      union(
              List.of(
                  SPACE,
                  of(0xa0, 0xa0, 0x1680, 0x1680, 0x2000, 0x200a),
                  of(0x2028, 0x2029, 0x202f, 0x202f, 0x205f, 0x205f),
                  of(0x3000, 0x3000, 0xfeff, 0xfeff, 0x85, 0x85)))
          .complement();

  /** What the dot matches: everything but line ends. */
  static final CodePoints DOT =
      union(List.of(of('\n', '\n', '\r', '\r'), of(0x85, 0x85, 0x2028, 0x2029))).complement();

  static CodePoints of(int... bounds) {
    return new CodePoints(bounds);
  }

  static CodePoints union(List<CodePoints> sets) {
    List<int[]> ranges = new ArrayList<>();
    for (CodePoints set : sets) {
      for (int i = 0; i < set.bounds.length; i += 2) {
        ranges.add(new int[] {set.bounds[i], set.bounds[i + 1]});
      }
    }
    ranges.sort(Comparator.comparingInt(range -> range[0]));
    int[] merged = new int[2 * ranges.size()];
    int size = 0;
    for (int[] range : ranges) {
      if (size > 0 && range[0] <= merged[size - 1] + 1) {
        merged[size - 1] = Math.max(merged[size - 1], range[1]);
      } else {
        merged[size++] = range[0];
        merged[size++] = range[1];
      }
    }
    return new CodePoints(Arrays.copyOf(merged, size));
  }

  /** The code points of this set that a text may have. */
  CodePoints legal() {
    return complement().complement();
  }

  /** The code points of {@link #ALL} that are not in this set. */
  CodePoints complement() {
    List<Integer> gaps = new ArrayList<>();
    for (int part = 0; part < ALL_PARTS.length; part += 2) {
      int next = ALL_PARTS[part];
      for (int i = 0; i < bounds.length && next <= ALL_PARTS[part + 1]; i += 2) {
        if (bounds[i] > next) {
          gaps.add(next);
          gaps.add(Math.min(bounds[i] - 1, ALL_PARTS[part + 1]));
        }
        next = Math.max(next, bounds[i + 1] + 1);
      }
      if (next <= ALL_PARTS[part + 1]) {
        gaps.add(next);
        gaps.add(ALL_PARTS[part + 1]);
      }
    }
    return new CodePoints(gaps.stream().mapToInt(Integer::intValue).toArray());
  }
}
