package dev.whetstone.dpo.network;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.nio.FloatBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The LoRA factors of the modules that read one input (Hu et al. 2021, eq. 3), as two products for
 * all of them: A stacked {@code [modules * rank, in]}, B block-diagonal {@code [out, modules *
 * rank]} with the scale multiplied in.
 */
final class LoraFactors {
  /**
   * One module's factors.
   *
   * @param a {@code [rank, in]}
   * @param b {@code [out, rank]}
   * @param firstRow where the module's outputs begin among those of the site
   */
  record Module(Parameter a, Parameter b, int firstRow) {}

  private final List<Module> modules;
  private final int rank;
  private final int in;
  private final int out;
  private final float scale;
  private @Nullable NDArray a;
  private @Nullable NDArray b;

  /**
   * @param out outputs of the whole site, adapted or not
   */
  LoraFactors(List<Module> modules, int rank, int out, double scale) {
    this.modules = List.copyOf(modules);
    this.rank = rank;
    this.in = (int) modules.getFirst().a().shape()[1];
    this.out = out;
    this.scale = (float) scale;
  }

  /** {@code [modules * rank, in]}. */
  NDArray a() {
    return uploaded(a);
  }

  /** {@code [out, modules * rank]}, scaled. */
  NDArray b() {
    return uploaded(b);
  }

  private static NDArray uploaded(@Nullable NDArray factor) {
    if (factor == null) {
      throw new IllegalStateException("the adapter was not uploaded");
    }
    return factor;
  }

  /** Takes over the parameters' values. */
  void upload(NDManager manager) {
    if (a != null && b != null) {
      a.close();
      b.close();
    }
    int width = modules.size() * rank;
    a =
        Torch.create(
            manager,
            new long[] {width, in},
            buffer -> modules.forEach(module -> buffer.put(module.a.values())));
    float[] block = new float[out * width];
    for (int m = 0; m < modules.size(); m++) {
      float[] values = modules.get(m).b.values();
      for (int from = 0, to = at(m); from < values.length; from += rank, to += width) {
        for (int i = 0; i < rank; i++) {
          block[to + i] = scale * values[from + i];
        }
      }
    }
    b = Torch.create(manager, block, out, width);
  }

  /** Adds gradients of {@link #a} and {@link #b} to the parameters'. */
  void accumulate(NDArray gradientA, NDArray gradientB) {
    float[] stacked = floats(gradientA);
    float[] block = floats(gradientB);
    int width = modules.size() * rank;
    for (int m = 0; m < modules.size(); m++) {
      float[] a = modules.get(m).a.gradient();
      int first = m * a.length;
      for (int i = 0; i < a.length; i++) {
        a[i] += stacked[first + i];
      }
      float[] b = modules.get(m).b.gradient();
      for (int to = 0, from = at(m); to < b.length; to += rank, from += width) {
        for (int i = 0; i < rank; i++) {
          b[to + i] += scale * block[from + i];
        }
      }
    }
  }

  private static float[] floats(NDArray array) {
    FloatBuffer buffer = Torch.read(array);
    float[] floats = new float[buffer.remaining()];
    buffer.get(floats);
    return floats;
  }

  /** Where module m's B begins in the block. */
  private int at(int m) {
    return (modules.get(m).firstRow * modules.size() + m) * rank;
  }
}
