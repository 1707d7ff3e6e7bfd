package dev.whetstone.dpo.network;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.whetstone.dpo.torch.LibtorchBindings;
import dev.whetstone.dpo.torch.TorchOps;
import java.nio.FloatBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The LoRA factors of the modules that read one input (Hu et al. 2021, eq. 3): A stacked {@code
 * [modules * rank, in]}, as one product for all of them; B with the scale multiplied in, one
 * product a module, added where the module's outputs stand.
 */
final class LoraFactors {
  /**
   * One module's factors.
   *
   * @param a {@code [rank, in]}
   * @param b {@code [out, rank]}
   * @param firstRow where the module's outputs begin among those of the site
   */
  record Module(Parameter a, Parameter b, int firstRow) {
    int out() {
      return (int) b.shape()[0];
    }
  }

  /**
   * @param bs {@code [out, rank]} a module
   * @param transposed views of them; belong to the same manager, and are closed with them
   */
  private record Uploaded(NDArray a, List<NDArray> bs, List<NDArray> transposed) {
    void close() {
      a.close();
      transposed.forEach(NDArray::close);
      bs.forEach(NDArray::close);
    }
  }

  private final List<Module> modules;
  private final int rank;
  private final int in;
  private final float scale;
  private @Nullable Uploaded uploaded;

  LoraFactors(List<Module> modules, int rank, double scale) {
    this.modules = List.copyOf(modules);
    this.rank = rank;
    this.in = (int) modules.getFirst().a().shape()[1];
    this.scale = (float) scale;
  }

  private Uploaded uploaded() {
    if (uploaded == null) {
      throw new IllegalStateException("the adapter was not uploaded");
    }
    return uploaded;
  }

  /** Takes over the parameters' values. */
  void upload(NDManager manager) {
    if (uploaded != null) {
      uploaded.close();
    }
    NDArray a =
        TorchOps.create(
            manager,
            new long[] {(long) modules.size() * rank, in},
            buffer -> modules.forEach(module -> buffer.put(module.a.values())));
    List<NDArray> bs = modules.stream().map(module -> scaled(manager, module)).toList();
    uploaded = new Uploaded(a, bs, bs.stream().map(TorchOps::transpose).toList());
  }

  private NDArray scaled(NDManager manager, Module module) {
    float[] values = module.b.values().clone();
    for (int i = 0; i < values.length; i++) {
      values[i] *= scale;
    }
    return TorchOps.create(manager, values, module.out(), rank);
  }

  /**
   * Adds what the factors make of x.
   *
   * @param y {@code [tokens, out]} of the site
   * @param x {@code [tokens, in]}
   * @return x in the inner dimension, {@code [tokens, modules * rank]}
   */
  NDArray addTo(NDArray y, NDArray x) {
    NDArray low = TorchOps.linear(x, uploaded().a);
    for (int m = 0; m < modules.size(); m++) {
      LibtorchBindings.addProduct(outputs(y, m), inner(low, m), uploaded().transposed.get(m));
    }
    return low;
  }

  /**
   * Gathers the gradients of the factors and adds that of the input.
   *
   * @param dx {@code [tokens, in]}
   * @param dy gradient of the output
   * @param x the input of the forward pass
   * @param low what the forward pass gave
   */
  void backward(NDArray dx, NDArray dy, NDArray x, NDArray low) {
    NDArray dLow = low.getManager().create(low.getShape());
    for (int m = 0; m < modules.size(); m++) {
      NDArray dPart = outputs(dy, m);
      LibtorchBindings.product(inner(dLow, m), dPart, uploaded().bs.get(m));
      // this way round the product is faster than its transpose
      gatherB(modules.get(m), TorchOps.product(TorchOps.transpose(inner(low, m)), dPart));
    }
    gatherA(TorchOps.product(TorchOps.transpose(dLow), x));
    LibtorchBindings.addProduct(dx, dLow, uploaded().a);
  }

  /** The columns of a module's outputs. */
  private NDArray outputs(NDArray y, int m) {
    int first = modules.get(m).firstRow;
    return TorchOps.slice(y, 1, first, (long) first + modules.get(m).out());
  }

  private NDArray inner(NDArray low, int m) {
    return TorchOps.slice(low, 1, (long) m * rank, (m + 1L) * rank);
  }

  private void gatherA(NDArray stacked) {
    FloatBuffer from = TorchOps.read(stacked);
    float[] values = new float[from.remaining() / modules.size()];
    for (Module module : modules) {
      from.get(values);
      float[] to = module.a.gradient();
      for (int i = 0; i < to.length; i++) {
        to[i] += values[i];
      }
    }
  }

  /**
   * @param transposed {@code [rank, out]}
   */
  private void gatherB(Module module, NDArray transposed) {
    float[] to = module.b.gradient();
    float[] values = new float[module.out()];
    FloatBuffer from = TorchOps.read(transposed);
    for (int i = 0; i < rank; i++) {
      from.get(values);
      for (int row = 0; row < values.length; row++) {
        to[row * rank + i] += scale * values[row];
      }
    }
  }
}
