package dev.whetstone.weights;

import dev.whetstone.weights.DecoderDesign.Experts;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/** Canonical names of the tensors of a sparse mixture, given those that publishers use. */
final class ExpertNames {
  private static final String BLOCK = "block_sparse_moe";
  private static final Pattern NUMBERED =
      Pattern.compile("(model\\.layers\\.\\d+\\.mlp\\.experts\\.\\d+\\.)(w[123])\\.weight");

  /** As in Mixtral's files: {@code w2(silu(w1 x) w3 x)}. */
  private static final Map<String, String> MODULES =
      Map.of("w1", "gate_proj", "w2", "down_proj", "w3", "up_proj");

  /** Without a suffix, as later versions of Transformers hold the experts of a layer. */
  private static final Pattern STACKED =
      Pattern.compile("model\\.layers\\.(\\d{1,5})\\.mlp\\.experts\\.(gate_up_proj|down_proj)");

  private ExpertNames() {}

  /** The canonical name of a tensor in Hugging Face's layout; other names stay as they are. */
  static String canonical(String name) {
    String inBlock = name.replace("." + BLOCK + ".", ".mlp.");
    Matcher numbered = NUMBERED.matcher(inBlock);
    return numbered.matches()
        ? numbered.group(1) + MODULES.get(numbered.group(2)) + ".weight"
        : inBlock;
  }

  /**
   * What a tensor stacks: for each expert the canonical names of the matrices whose rows follow on
   * each other. Empty for a tensor that is no stack.
   *
   * @param name canonical
   */
  static List<List<String>> stacked(String name, Experts experts) {
    Matcher stack = STACKED.matcher(name);
    if (!stack.matches()) {
      return List.of();
    }
    int layer = Integer.parseInt(stack.group(1));
    return IntStream.range(0, experts.count())
        .mapToObj(
            expert ->
                stack.group(2).equals("down_proj")
                    ? List.of(Experts.down(layer, expert))
                    : Experts.gateAndUp(layer, expert))
        .map(modules -> modules.stream().map(module -> module + ".weight").toList())
        .toList();
  }
}
