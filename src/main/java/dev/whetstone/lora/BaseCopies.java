package dev.whetstone.lora;

import dev.whetstone.weights.Tensors;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Weights of the base model that are stored beside an adapter's factors, as PEFT does with
 * embeddings and with {@code modules_to_save}. Those that equal the base's add nothing and are left
 * aside; those that training changed cannot be served as an adapter.
 */
final class BaseCopies {
  /** Weights of the base model that an adapter is for. */
  @FunctionalInterface
  interface Source {
    /** Opens the weights; the caller closes them. */
    Tensors open() throws IOException;
  }

  private static final String HEAD = "lm_head.weight";
  private static final String EMBEDDING = "model.embed_tokens.weight";
  private static final Pattern WRAPPING =
      Pattern.compile(
          "(?:"
              + Pattern.quote(LoraTensorName.PREFIX)
              + ")?(.+?)(\\.base_layer|\\.modules_to_save(\\.\\w+)?)?"
              + "(\\.weight|\\.bias)");
  private static final Pattern PLACE =
      Pattern.compile("(?:[\\w.]*\\.)?((?:layers\\.\\d+\\.|embed_tokens\\b|norm\\b).*)");

  /** Values that are read at once. */
  private static final int VALUES_AT_ONCE = 1 << 20;

  /** What storing as bfloat16 changes at most, relative to the value: half a unit of 8 bits. */
  private static final double ROUNDING = 1.0 / 256;

  /** The smallest step of float16. */
  private static final double SMALLEST = 0x1p-24;

  private BaseCopies() {}

  /**
   * Checks that tensors equal the base's, but for the rounding of the types they are stored in.
   *
   * @param file the adapter's file
   * @param names its tensors that are no factors
   * @throws IllegalArgumentException naming the tensor that is not the base's
   */
  static void require(Tensors file, List<String> names, Source base) {
    try (Tensors weights = base.open()) {
      for (String name : names) {
        String original = original(name, weights.names());
        if (original == null) {
          throw new IllegalArgumentException(
              "tensor " + name + " is neither a LoRA factor nor a weight of the base model");
        }
        requireEqual(file, name, weights, original);
      }
    } catch (IOException unreadable) {
      throw new IllegalStateException("the base model's weights cannot be read", unreadable);
    }
  }

  /** The base's name of a tensor; null if it has none. A tied head is the embedding. */
  private static @Nullable String original(String name, Set<String> known) {
    Matcher wrapped = WRAPPING.matcher(name);
    if (!wrapped.matches()) {
      return null;
    }
    String plain = wrapped.group(1) + wrapped.group(4);
    Matcher place = PLACE.matcher(plain);
    List<String> candidates =
        plain.endsWith(HEAD)
            ? List.of(HEAD, EMBEDDING)
            : place.matches() ? List.of(plain, "model." + place.group(1)) : List.of(plain);
    return candidates.stream().filter(known::contains).findFirst().orElse(null);
  }

  private static void requireEqual(Tensors file, String name, Tensors base, String original) {
    long[] shape = file.shape(name);
    if (!Arrays.equals(shape, base.shape(original))) {
      throw new IllegalArgumentException(
          "tensor %s is %s, where the base model has %s"
              .formatted(name, Arrays.toString(shape), Arrays.toString(base.shape(original))));
    }
    int rows = Math.toIntExact(shape[0]);
    int width =
        Math.max(1, (int) Math.min(VALUES_AT_ONCE, Tensors.size(shape) / Math.max(1, rows)));
    int step = Math.max(1, VALUES_AT_ONCE / width);
    for (int row = 0; row < rows; row += step) {
      int count = Math.min(step, rows - row);
      if (!equal(file.readRows(name, row, count), base.readRows(original, row, count))) {
        throw new IllegalArgumentException(
            "tensor " + name + " was changed by training; only LoRA factors can be served");
      }
    }
  }

  private static boolean equal(float[] copy, float[] original) {
    for (int i = 0; i < copy.length; i++) {
      if (!(Math.abs(copy[i] - original[i]) <= Math.abs(original[i]) * ROUNDING + SMALLEST)) {
        return false;
      }
    }
    return true;
  }
}
