package dev.whetstone.grammar;

import dev.whetstone.grammar.machine.Machine;
import dev.whetstone.grammar.machine.State;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Tokens by their bytes, as a trie in the order of a depth-first walk. */
final class TokenTrie {
  private static final int NONE = -1;

  private final int[] labels;
  private final int[] depths;
  // The node after a node's subtree.
  private final int[] ends;
  private final int[] tokens;
  private final int[] sameBytes;
  private final int height;
  private int size;

  /**
   * @param bytes of every token
   * @param ids those to put into the trie; none of them is empty
   */
  TokenTrie(byte[][] bytes, List<Integer> ids) {
    List<Integer> sorted =
        ids.stream()
            .sorted(Comparator.comparing(id -> bytes[id], Arrays::compareUnsigned))
            .toList();
    int total = ids.stream().mapToInt(id -> bytes[id].length).sum();
    height = ids.stream().mapToInt(id -> bytes[id].length).max().orElse(0);
    labels = new int[total];
    depths = new int[total];
    ends = new int[total];
    tokens = new int[total];
    sameBytes = new int[bytes.length];
    Arrays.fill(sameBytes, NONE);
    int[] path = new int[height];
    byte[] previous = {};
    for (int id : sorted) {
      previous = add(id, bytes[id], previous, path);
    }
    close(path, previous.length, 0);
  }

  private byte[] add(int id, byte[] text, byte[] previous, int[] path) {
    int common = Arrays.mismatch(text, previous);
    if (common == NONE) {
      int node = path[text.length - 1];
      sameBytes[id] = tokens[node];
      tokens[node] = id;
      return text;
    }
    close(path, previous.length, common);
    for (int depth = common; depth < text.length; depth++) {
      path[depth] = size;
      labels[size] = text[depth] & 0xff;
      depths[size] = depth;
      tokens[size++] = NONE;
    }
    tokens[size - 1] = id;
    return text;
  }

  private void close(int[] path, int from, int to) {
    for (int depth = from - 1; depth >= to; depth--) {
      ends[path[depth]] = size;
    }
  }

  /**
   * Adds the tokens that a machine may read in a state to a mask.
   *
   * @param exits receives the nodes that have further ones and at which the machine may end
   */
  void addAllowed(Machine machine, State start, long[] mask, List<Integer> exits) {
    walk(machine, start, 0, size, 0, mask, exits);
  }

  /** Adds the tokens whose rest, after a node, a machine may read in a state to a mask. */
  void addAllowedAfter(int node, Machine machine, State start, long[] mask) {
    walk(machine, start, node + 1, ends[node], depths[node] + 1, mask, null);
  }

  private void walk(
      Machine machine,
      State start,
      int first,
      int end,
      int base,
      long[] mask,
      @Nullable List<Integer> exits) {
    @Nullable State[] path = new State[height - base + 1];
    path[0] = start;
    int node = first;
    while (node < end) {
      int depth = depths[node] - base;
      State from = path[depth];
      State next = from == null ? null : machine.step(from, labels[node]);
      if (next == null) {
        node = ends[node];
        continue;
      }
      path[depth + 1] = next;
      for (int token = tokens[node]; token != NONE; token = sameBytes[token]) {
        mask[token >> 6] |= 1L << token;
      }
      if (exits != null && next.mayEnd() && ends[node] > node + 1) {
        exits.add(node);
      }
      node++;
    }
  }
}
