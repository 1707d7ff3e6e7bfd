package dev.whetstone.grammar.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.NullNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Given texts, as a trie over their bytes. Node 0 is the root. */
public final class Literals implements Shape {
  /** No node: no text continues so. */
  public static final int NONE = -1;

  static final Literals NULL = ofValues(List.of(NullNode.instance));
  static final Literals BOOLEAN = ofValues(List.of(BooleanNode.TRUE, BooleanNode.FALSE));

  final List<JsonNode> values;
  private final List<List<Integer>> children = new ArrayList<>();
  private final List<Byte> labels = new ArrayList<>();
  private final List<Integer> ends = new ArrayList<>();

  private Literals(List<JsonNode> values, List<String> texts) {
    this.values = values;
    node((byte) 0);
    for (int i = 0; i < texts.size(); i++) {
      int at = 0;
      for (byte b : texts.get(i).getBytes(StandardCharsets.UTF_8)) {
        int next = child(at, b);
        if (next == NONE) {
          next = node(b);
          children.get(at).add(next);
        }
        at = next;
      }
      if (ends.get(at) == NONE) {
        ends.set(at, i);
      }
    }
  }

  /** JSON values, each in its shortest text. */
  static Literals ofValues(List<JsonNode> values) {
    return new Literals(List.copyOf(values), values.stream().map(JsonNode::toString).toList());
  }

  /** Texts as they are. */
  public static Literals ofTexts(List<String> texts) {
    return new Literals(List.of(), texts);
  }

  private int node(byte label) {
    children.add(new ArrayList<>());
    labels.add(label);
    ends.add(NONE);
    return labels.size() - 1;
  }

  /** The node after a byte, or {@link #NONE}. */
  public int child(int node, int b) {
    for (int child : children.get(node)) {
      if (labels.get(child) == (byte) b) {
        return child;
      }
    }
    return NONE;
  }

  /** The nodes below a node. */
  List<Integer> children(int node) {
    return children.get(node);
  }

  /** The index of the text that ends at a node, or {@link #NONE}. */
  public int end(int node) {
    return ends.get(node);
  }

  /** Whether no text continues beyond a node. */
  public boolean isLeaf(int node) {
    return children.get(node).isEmpty();
  }

  int size() {
    return labels.size();
  }

  boolean isEmpty() {
    return size() == 1 && end(0) == NONE;
  }

  @Override
  public List<Shape> options() {
    return isEmpty() ? List.of() : List.of(this);
  }
}
