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
 * The row indices with which attention gathers its operands, the same in every layer of a pass. A
 * row is one head of one token, {@code [headDim]}. What is unusual: one gather groups segments of
 * nearly the same size, pads them with copies of real tokens, and puts heads before tokens; another
 * undoes it. The backward pass gathers from the groups' gradients of queries, keys and values, one
 * group after the other, and a row of zeros. A prompt's keys and values get one gradient from the
 * prompt's own segment and one from each of its completions.
 *
 * @param groups segments that are computed as one batch of matrices
 * @param outputs for each {@code [tokens * heads]} row of the result, its row in the concatenated
 *     results of the groups
 * @param queryKeyValueGradients for each {@code [tokens * (heads + 2 kvHeads)]} row of qkv, the row
 *     of the gradient from its own segment
 * @param prefixGradients for each {@code [tokens * 2 kvHeads]} row of keys and values, the row of
 *     the gradient from a completion that reads it as its prompt, or the row of zeros; the i-th
 *     tensor is for the i-th completion of every prompt
 */
record AttentionPlan(
    List<Group> groups,
    NDArray outputs,
    NDArray queryKeyValueGradients,
    List<NDArray> prefixGradients) {
  /**
   * The indices of one group of segments.
   *
   * @param matrices in a batched product: segments * kvHeads
   * @param queries of one head of one segment, padded
   * @param keys of one head of one segment, padded
   * @param queryRows {@code [segments * heads * queries]} rows of qkv
   * @param keyRows {@code [segments * kvHeads * keys]} rows of qkv
   * @param valueRows {@code [segments * kvHeads * keys]} rows of qkv
   * @param outputRows {@code [segments * heads * queries]} rows of attention's result
   * @param masks one for each of the model's windows: 0 where a query attends to a key and -∞
   *     elsewhere, {@code [segments or 1, 1, queries, keys]}
   * @param paddingMask 1 for a query and 0 for padding, {@code [segments * heads * queries, 1]};
   *     null when nothing is padded
   */
  record Group(
      int matrices,
      int queries,
      int keys,
      NDArray queryRows,
      NDArray keyRows,
      NDArray valueRows,
      NDArray outputRows,
      List<NDArray> masks,
      @Nullable NDArray paddingMask) {}

  static AttentionPlan of(NDManager manager, Layout layout, ModelConfig config) {
    return new Builder(manager, layout, config).build();
  }

  private static final class Builder {
    private final NDManager manager;
    private final List<SegmentGroup> groups;
    private final List<Integer> windows;
    private final int heads;
    private final int kvHeads;
    private final int width;
    private final int[] outputs;
    private final int[] queryKeyValueGradients;
    private final List<int[]> prefixGradients = new ArrayList<>();

    /** How many completions of a prompt are placed, at the index of the prompt's first token. */
    private final int[] completionsPlaced;

    private final int zeroRow;

    Builder(NDManager manager, Layout layout, ModelConfig config) {
      this.manager = manager;
      this.groups = SegmentGroup.of(layout.segments());
      this.windows = config.windows();
      this.heads = config.heads();
      this.kvHeads = config.kvHeads();
      this.width = heads + 2 * kvHeads;
      this.outputs = new int[layout.tokens() * heads];
      this.queryKeyValueGradients = new int[layout.tokens() * width];
      this.completionsPlaced = new int[layout.tokens()];
      this.zeroRow =
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
          TorchOps.ids(manager, queryKeyValueGradients),
          prefixGradients.stream().map(rows -> TorchOps.ids(manager, rows)).toList());
    }

    private void placeQueries(SegmentGroup group, int s, int output, int gradient) {
      Segment segment = group.segments().get(s);
      for (int head = 0; head < heads; head++) {
        int from = (s * heads + head) * group.length();
        for (int i = 0; i < segment.length(); i++) {
          int token = segment.start() + i;
          outputs[token * heads + head] = output + from + i;
          queryKeyValueGradients[token * width + head] = gradient + from + i;
        }
      }
    }

    /**
     * @param first 0 for keys, kvHeads for values
     */
    private void placeKeys(SegmentGroup group, int s, int gradient, int first) {
      Segment segment = group.segments().get(s);
      int[] prompt =
          segment.promptLength() == 0 ? queryKeyValueGradients : prefixRows(segment, first == 0);
      for (int head = 0; head < kvHeads; head++) {
        int from = gradient + (s * kvHeads + head) * group.keys();
        for (int i = 0; i < segment.length(); i++) {
          queryKeyValueGradients[(segment.start() + i) * width + heads + first + head] =
              from + group.promptLength() + i;
        }
        for (int i = 0; i < segment.promptLength(); i++) {
          prompt[(segment.prompt() + i) * 2 * kvHeads + first + head] = from + i;
        }
      }
    }

    /** Takes the rows of a completion's prompt: the i-th array for the i-th completion. */
    private int[] prefixRows(Segment segment, boolean next) {
      int completion =
          next ? completionsPlaced[segment.prompt()]++ : completionsPlaced[segment.prompt()] - 1;
      if (completion == prefixGradients.size()) {
        int[] rows = new int[completionsPlaced.length * 2 * kvHeads];
        Arrays.fill(rows, zeroRow);
        prefixGradients.add(rows);
      }
      return prefixGradients.get(completion);
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
          windows.stream().map(window -> mask(group, window)).toList(),
          group.isUniform() ? null : paddingMask(group));
    }

    private NDArray queries(SegmentGroup group, int rowsOfToken) {
      return rows(
          group,
          heads,
          group.length(),
          (s, i) -> SegmentGroup.queryToken(group.segments().get(s), i) * rowsOfToken);
    }

    private NDArray keys(SegmentGroup group, int firstHead) {
      return rows(
          group,
          kvHeads,
          group.keys(),
          (s, j) -> group.keyToken(group.segments().get(s), j) * width + firstHead);
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

    private NDArray mask(SegmentGroup group, int window) {
      int masks = group.isUniform() ? 1 : group.segments().size();
      float[] mask = new float[masks * group.length() * group.keys()];
      int to = 0;
      for (Segment segment : group.segments().subList(0, masks)) {
        for (int i = 0; i < group.length(); i++) {
          for (int j = 0; j < group.keys(); j++) {
            mask[to++] = group.isVisible(segment, i, j, window) ? 0 : Float.NEGATIVE_INFINITY;
          }
        }
      }
      return TorchOps.create(manager, mask, masks, 1, group.length(), group.keys());
    }

    private NDArray paddingMask(SegmentGroup group) {
      float[] values = new float[group.segments().size() * heads * group.length()];
      int to = 0;
      for (Segment segment : group.segments()) {
        for (int head = 0; head < heads; head++, to += group.length()) {
          Arrays.fill(values, to, to + segment.length(), 1);
        }
      }
      return TorchOps.create(manager, values, values.length, 1);
    }
  }
}
