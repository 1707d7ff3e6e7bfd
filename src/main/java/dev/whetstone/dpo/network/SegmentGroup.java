package dev.whetstone.dpo.network;

import dev.whetstone.dpo.network.Layout.Segment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Segments of nearly the same size, padded to one: first the keys of the prompt, then the segment's
 * own. What a segment is padded to depends on itself alone, so that its bits do not depend on its
 * neighbours.
 *
 * @param past keys of the prompt, padded
 * @param length queries, padded
 */
record SegmentGroup(List<Segment> segments, int past, int length) {
  private record Size(int past, int length) {
    static Size of(Segment segment) {
      return new Size(padded(segment.promptLength()), padded(segment.length()));
    }

    private static int padded(int tokens) {
      return (tokens + MULTIPLE - 1) / MULTIPLE * MULTIPLE;
    }

    /** How many segments have few enough scores to stay in a processor's cache, at least one. */
    int together() {
      return Math.max(1, SCORES / (length * (past + length)));
    }
  }

  private static final int MULTIPLE = 16;

  /** Of one head. */
  private static final int SCORES = 1 << 17;

  SegmentGroup {
    segments = List.copyOf(segments);
  }

  /** Every segment in one group. */
  static List<SegmentGroup> of(List<Segment> segments) {
    Map<Size, List<Segment>> bySize =
        segments.stream()
            .collect(Collectors.groupingBy(Size::of, LinkedHashMap::new, Collectors.toList()));
    List<SegmentGroup> groups = new ArrayList<>();
    bySize.forEach(
        (size, all) -> {
          for (int from = 0; from < all.size(); from += size.together()) {
            int to = Math.min(all.size(), from + size.together());
            groups.add(new SegmentGroup(all.subList(from, to), size.past, size.length));
          }
        });
    return groups;
  }

  int keys() {
    return past + length;
  }

  /** Whether all segments are of one size. */
  boolean even() {
    return segments.stream().allMatch(s -> s.promptLength() == past && s.length() == length);
  }

  /** The token of a padded query; padding repeats the first. */
  static int query(Segment segment, int slot) {
    return segment.start() + (slot < segment.length() ? slot : 0);
  }

  /** The token of a padded key. */
  int key(Segment segment, int slot) {
    if (slot >= past) {
      return query(segment, slot - past);
    }
    return slot < segment.promptLength() ? segment.prompt() + slot : segment.start();
  }

  /** Whether a query may look at a key. */
  boolean visible(Segment segment, int query, int key) {
    return key < past
        ? key < segment.promptLength()
        : key - past <= query && key - past < segment.length();
  }
}
