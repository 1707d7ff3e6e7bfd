package dev.whetstone.dpo.network;

import dev.whetstone.dpo.network.Layout.Segment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Segments of nearly the same size, padded to a common one: first the prompt's keys, then the
 * segment's own. The padded size of a segment depends on that segment alone, so that the bits of
 * its result do not depend on the other rows of the micro-batch.
 *
 * @param promptLength number of the prompt's keys, padded
 * @param length number of queries, and of the segment's own keys, padded
 */
record SegmentGroup(List<Segment> segments, int promptLength, int length) {
  private record Size(int promptLength, int length) {
    static Size of(Segment segment) {
      return new Size(padded(segment.promptLength()), padded(segment.length()));
    }

    private static int padded(int tokens) {
      return (tokens + MULTIPLE - 1) / MULTIPLE * MULTIPLE;
    }

    /** As many as keep their attention scores in a processor's cache, at least one. */
    int segmentsPerGroup() {
      return Math.max(1, MAX_SCORES / (length * (promptLength + length)));
    }
  }

  private static final int MULTIPLE = 16;

  /** Attention scores of one head in a group. */
  private static final int MAX_SCORES = 1 << 17;

  SegmentGroup {
    segments = List.copyOf(segments);
  }

  /** Divides segments into groups; each segment is in exactly one. */
  static List<SegmentGroup> of(List<Segment> segments) {
    Map<Size, List<Segment>> bySize =
        segments.stream()
            .collect(Collectors.groupingBy(Size::of, LinkedHashMap::new, Collectors.toList()));
    List<SegmentGroup> groups = new ArrayList<>();
    bySize.forEach(
        (size, all) -> {
          for (int from = 0; from < all.size(); from += size.segmentsPerGroup()) {
            int to = Math.min(all.size(), from + size.segmentsPerGroup());
            groups.add(new SegmentGroup(all.subList(from, to), size.promptLength, size.length));
          }
        });
    return groups;
  }

  int keys() {
    return promptLength + length;
  }

  /** Whether no segment is padded. */
  boolean isUniform() {
    return segments.stream()
        .allMatch(s -> s.promptLength() == promptLength && s.length() == length);
  }

  /** The token of a query slot; padding repeats the segment's first token. */
  static int queryToken(Segment segment, int slot) {
    return segment.start() + (slot < segment.length() ? slot : 0);
  }

  /** The token of a key slot; in padding, the first token of the segment. */
  int keyToken(Segment segment, int slot) {
    if (slot >= promptLength) {
      return queryToken(segment, slot - promptLength);
    }
    return slot < segment.promptLength() ? segment.prompt() + slot : segment.start();
  }

  /**
   * Whether the query in one slot attends to the key in another.
   *
   * @param window the last tokens that a query attends to; 0 for all
   */
  boolean isVisible(Segment segment, int query, int key, int window) {
    return isEarlier(segment, query, key)
        && (window == 0
            || query >= segment.length()
            || segment.promptLength() + query - position(segment, key) < window);
  }

  private int position(Segment segment, int key) {
    return key < promptLength ? key : segment.promptLength() + key - promptLength;
  }

  private boolean isEarlier(Segment segment, int query, int key) {
    return key < promptLength
        ? key < segment.promptLength()
        : key - promptLength <= query && key - promptLength < segment.length();
  }
}
