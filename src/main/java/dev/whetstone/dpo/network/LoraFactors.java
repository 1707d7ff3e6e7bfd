package dev.whetstone.dpo.network;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.whetstone.dpo.torch.LibtorchBindings;
import dev.whetstone.dpo.torch.TorchOps;
import java.nio.FloatBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The LoRA factors of the modules that share an input (Hu et al. 2021, eq. 3): {@code y += α/r B A
 * x}. The modules' A are stacked, {@code [modules * rank, in]}, for one product; each B has the
 * scale α/r multiplied in and adds to the columns of its own module's outputs.
 */
final class LoraFactors {
  /**
   * One module's factors.
   *
   * @param a {@code [rank, in]}
   * @param b {@code [out, rank]}
   * @param firstRow where the module's outputs begin among those of the target
   */
  record Module(Parameter a, Parameter b, int firstRow) {
    int out() {
      return (int) b.shape()[0];
    }
  }

  /**
   * @param bs {@code [out, rank]} for each module, with the scale multiplied in
   * @param transposed views of {@code bs} in the same manager, closed with them
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
      throw new IllegalStateException("the adapter has not been uploaded");
    }
    return uploaded;
  }

  /** Copies the parameters' values into tensors. */
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
   * Adds {@code α/r B A x} to y.
   *
   * @param y {@code [tokens, out]} of the target
   * @param x {@code [tokens, in]}
   * @return {@code A x} of all modules, {@code [tokens, modules * rank]}
   */
  NDArray addTo(NDArray y, NDArray x) {
    NDArray loraHidden = TorchOps.linear(x, uploaded().a);
    for (int m = 0; m < modules.size(); m++) {
      LibtorchBindings.addMatmul(outputs(y, m), inner(loraHidden, m), uploaded().transposed.get(m));
    }
    return loraHidden;
  }

  /**
   * Accumulates the gradients of the factors and adds that of the input to dx.
   *
   * @param dx {@code [tokens, in]}
   * @param dy gradient of the output
   * @param x the input of the forward pass
   * @param loraHidden {@code A x} from the forward pass
   */
  void backward(NDArray dx, NDArray dy, NDArray x, NDArray loraHidden) {
    NDArray dLoraHidden = loraHidden.getManager().create(loraHidden.getShape());
    for (int m = 0; m < modules.size(); m++) {
      NDArray dOutputs = outputs(dy, m);
      LibtorchBindings.matmul(inner(dLoraHidden, m), dOutputs, uploaded().bs.get(m));
      // the transpose of B's gradient, because this product is faster than the other way round
      accumulateB(
          modules.get(m), TorchOps.matmul(TorchOps.transpose(inner(loraHidden, m)), dOutputs));
    }
    accumulateA(TorchOps.matmul(TorchOps.transpose(dLoraHidden), x));
    LibtorchBindings.addMatmul(dx, dLoraHidden, uploaded().a);
  }

  /** The columns of a module's outputs. */
  private NDArray outputs(NDArray y, int m) {
    int first = modules.get(m).firstRow;
    return TorchOps.slice(y, 1, first, (long) first + modules.get(m).out());
  }

  /** The columns of a module's part of {@code A x}. */
  private NDArray inner(NDArray loraHidden, int m) {
    return TorchOps.slice(loraHidden, 1, (long) m * rank, (m + 1L) * rank);
  }

  private void accumulateA(NDArray stacked) {
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
   * @param transposed gradient of the scaled B, {@code [rank, out]}
   */
  private void accumulateB(Module module, NDArray transposed) {
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
