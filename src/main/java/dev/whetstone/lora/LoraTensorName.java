package dev.whetstone.lora;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The LoRA factor that a tensor of an adapter file holds.
 *
 * @param module canonical name of the linear layer, as in "model.layers.0.self_attn.q_proj"
 */
record LoraTensorName(String module, Side side) {
  enum Side {
    A,
    B
  }

  /** What PEFT puts before the name of a module. */
  static final String PREFIX = "base_model.model.";

  /** PEFT saves {@code PREFIX MODULE.lora_A.weight}; a state dict has the adapter's name, too. */
  private static final Pattern PEFT =
      Pattern.compile(
          "(?:" + Pattern.quote(PREFIX) + ")?([\\w.]+)\\.lora_([AB])(?:\\.\\w+)?\\.weight");

  /** Other programs wrap the model once more, or once less. */
  private static final Pattern LAYER = Pattern.compile("(?:[\\w.]*\\.)?(layers\\.\\d+\\..+)");

  /**
   * Parses a tensor's name.
   *
   * @throws IllegalArgumentException when it is not that of a LoRA factor
   */
  static LoraTensorName of(String tensor) {
    Matcher name = PEFT.matcher(tensor);
    if (!name.matches()) {
      throw new IllegalArgumentException("tensor " + tensor + " is no LoRA factor");
    }
    Matcher layer = LAYER.matcher(name.group(1));
    String module = layer.matches() ? "model." + layer.group(1) : name.group(1);
    return new LoraTensorName(module, Side.valueOf(name.group(2)));
  }

  /** Whether a tensor has the name of a factor. */
  static boolean isFactor(String tensor) {
    return PEFT.matcher(tensor).matches();
  }

  /** The name under which PEFT saves the factor. */
  String tensor() {
    return PREFIX + module + ".lora_" + side + ".weight";
  }

  /** The other factor of the same module. */
  LoraTensorName counterpart() {
    return new LoraTensorName(module, side == Side.A ? Side.B : Side.A);
  }

  @Override
  public String toString() {
    return module + ".lora_" + side;
  }
}
