package dev.whetstone.weights;

import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Canonical names of the tensors of a sparse mixture, given those that publishers use. */
final class ExpertNames {
  private static final String BLOCK = "block_sparse_moe";
  private static final Pattern NUMBERED =
      Pattern.compile("(model\\.layers\\.\\d+\\.mlp\\.experts\\.\\d+\\.)(w[123])\\.weight");

  /** As in Mixtral's files: {@code w2(silu(w1 x) w3 x)}. */
  private static final Map<String, String> MODULES =
      Map.of("w1", "gate_proj", "w2", "down_proj", "w3", "up_proj");

  private ExpertNames() {}

  /** The canonical name of a tensor in Hugging Face's layout; other names stay as they are. */
  static String canonical(String name) {
    String inBlock = name.replace("." + BLOCK + ".", ".mlp.");
    Matcher numbered = NUMBERED.matcher(inBlock);
    return numbered.matches()
        ? numbered.group(1) + MODULES.get(numbered.group(2)) + ".weight"
        : inBlock;
  }
}
