package dev.whetstone.dpo.network;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.whetstone.dpo.network.Layout.Segment;
import dev.whetstone.dpo.torch.TorchOps;
import dev.whetstone.weights.ModelConfig;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntBinaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Where attention finds its rows, the same in every layer of a pass. A row is one head of one
 * token; gathering rows groups, pads, and turns tokens first into heads first in one copy.
 *
 * @param groups what is computed together
 * @param outputs where each {@code [tokens * heads]} stands in the groups' results one after the
 *     other
 * @param own where the gradient of each {@code [tokens * (heads + 2 kvHeads)]} as its own segment
 *     has it stands in the groups' gradients, of queries, keys, values, one group after the other,
 *     and a row of zeros
 * @param past the same for {@code [tokens * 2 kvHeads]} keys and values as segments have them whose
 *     prompt they are; one for every completion that a prompt has
 */
record AttentionPlan(List<Group> groups, NDArray outputs, NDArray own, List<NDArray> past) {
  /**
   * A group of segments.
   *
   * @param matrices of a product: segments * kvHeads
   * @param queries of one head of one segment
   * @param keys the same
   * @param queryRows {@code [segments * heads * queries]} among qkv's rows
   * @param keyRows {@code [segments * kvHeads * keys]}
   * @param valueRows {@code [segments * kvHeads * keys]}
   * @param outputRows {@code [segments * heads * queries]} among the rows of attention's result
   * @param mask 0 where a query may look and -∞ elsewhere, {@code [segments or 1, 1, queries,
   *     keys]}
   * @param real 1 for a query and 0 for padding, {@code [segments * heads * queries, 1]}; null
   *     where nothing is padded
   */
  record Group(
      int matrices,
      int queries,
      int keys,
      NDArray queryRows,
      NDArray keyRows,
      NDArray valueRows,
      NDArray outputRows,
      NDArray mask,
      @Nullable NDArray real) {}

  static AttentionPlan of(NDManager manager, Layout layout, ModelConfig config) {
    return new Builder(manager, layout, config).build();
  }

  private static final class Builder {
    private final NDManager manager;
    private final List<SegmentGroup> groups;
    private final int heads;
    private final int kvHeads;
    private final int width;
    private final int[] outputs;
    private final int[] own;
    private final List<int[]> past = new ArrayList<>();
    private final int[] readers;
    private final int zero;

    Builder(NDManager manager, Layout layout, ModelConfig config) {
      this.manager = manager;
      this.groups = SegmentGroup.of(layout.segments());
      this.heads = config.heads();
      this.kvHeads = config.kvHeads();
      this.width = heads + 2 * kvHeads;
      this.outputs = new int[layout.tokens() * heads];
      this.own = new int[layout.tokens() * width];
      this.readers = new int[layout.tokens()];
      this.zero =
          groups.stream()
              .mapToInt(
                  group ->
                      group.segments().size()
                          * (heads * group.length() + 2 * kvHeads * group.keys()))
              .sum();
    }

    AttentionPlan build() {
      int output = 0;
      int gradient = 0;
      for (SegmentGroup group : groups) {
        int queries = group.segments().size() * heads * group.length();
        int keys = group.segments().size() * kvHeads * group.keys();
        for (int s = 0; s < group.segments().size(); s++) {
          placeQueries(group, s, output, gradient);
          placeKeys(group, s, gradient + queries, 0);
          placeKeys(group, s, gradient + queries + keys, kvHeads);
        }
        output += queries;
        gradient += queries + 2 * keys;
      }
      return new AttentionPlan(
          groups.stream().map(this::tensors).toList(),
          TorchOps.ids(manager, outputs),
          TorchOps.ids(manager, own),
          past.stream().map(rows -> TorchOps.ids(manager, rows)).toList());
    }

    private void placeQueries(SegmentGroup group, int s, int output, int gradient) {
      Segment segment = group.segments().get(s);
      for (int head = 0; head < heads; head++) {
        int from = (s * heads + head) * group.length();
        for (int i = 0; i < segment.length(); i++) {
          int token = segment.start() + i;
          outputs[token * heads + head] = output + from + i;
          own[token * width + head] = gradient + from + i;
        }
      }
    }

    /**
     * @param first 0 for keys, kvHeads for values
     */
    private void placeKeys(SegmentGroup group, int s, int gradient, int first) {
      Segment segment = group.segments().get(s);
      int[] prompt = segment.promptLength() == 0 ? own : reader(segment, first == 0);
      for (int head = 0; head < kvHeads; head++) {
        int from = gradient + (s * kvHeads + head) * group.keys();
        for (int i = 0; i < segment.length(); i++) {
          own[(segment.start() + i) * width + heads + first + head] = from + group.past() + i;
        }
        for (int i = 0; i < segment.promptLength(); i++) {
          prompt[(segment.prompt() + i) * 2 * kvHeads + first + head] = from + i;
        }
      }
    }

    /** The rows in which a segment writes of its prompt, another for each of a prompt's. */
    private int[] reader(Segment segment, boolean first) {
      int reader = first ? readers[segment.prompt()]++ : readers[segment.prompt()] - 1;
      if (reader == past.size()) {
        int[] rows = new int[readers.length * 2 * kvHeads];
        Arrays.fill(rows, zero);
        past.add(rows);
      }
      return past.get(reader);
    }

    private Group tensors(SegmentGroup group) {
      return new Group(
          group.segments().size() * kvHeads,
          group.length(),
          group.keys(),
          queries(group, width),
          keys(group, heads),
          keys(group, heads + kvHeads),
          queries(group, heads),
          mask(group),
          group.even() ? null : real(group));
    }

    private NDArray queries(SegmentGroup group, int rowsOfToken) {
      return rows(
          group,
          heads,
          group.length(),
          (s, i) -> SegmentGroup.query(group.segments().get(s), i) * rowsOfToken);
    }

    private NDArray keys(SegmentGroup group, int firstHead) {
      return rows(
          group,
          kvHeads,
          group.keys(),
          (s, j) -> group.key(group.segments().get(s), j) * width + firstHead);
    }

    /**
     * @param row of a segment's slot in the first head
     */
    private NDArray rows(SegmentGroup group, int count, int slots, IntBinaryOperator row) {
      int[] rows = new int[group.segments().size() * count * slots];
      int to = 0;
      for (int s = 0; s < group.segments().size(); s++) {
        for (int head = 0; head < count; head++) {
          for (int slot = 0; slot < slots; slot++) {
            rows[to++] = row.applyAsInt(s, slot) + head;
          }
        }
      }
      return TorchOps.ids(manager, rows);
    }

    private NDArray mask(SegmentGroup group) {
      int different = group.even() ? 1 : group.segments().size();
      float[] mask = new float[different * group.length() * group.keys()];
      int to = 0;
      for (Segment segment : group.segments().subList(0, different)) {
        for (int i = 0; i < group.length(); i++) {
          for (int j = 0; j < group.keys(); j++) {
            mask[to++] = group.visible(segment, i, j) ? 0 : Float.NEGATIVE_INFINITY;
          }
        }
      }
      return TorchOps.create(manager, mask, different, 1, group.length(), group.keys());
    }

    private NDArray real(SegmentGroup group) {
      float[] real = new float[group.segments().size() * heads * group.length()];
      int to = 0;
      for (Segment segment : group.segments()) {
        for (int head = 0; head < heads; head++, to += group.length()) {
          Arrays.fill(real, to, to + segment.length(), 1);
        }
      }
      return TorchOps.create(manager, real, real.length, 1);
    }
  }
}
