package dev.whetstone.dpo.torch;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.function.Consumer;

/**
 * PyTorch operations, called below DJL's wrappers where these cost more than the operation itself,
 * and copies between Java arrays and tensors. As everywhere in DJL, a result belongs to the manager
 * of the first operand.
 */
public final class TorchOps {
  static {
    // otherwise DJL asks over the network which cloud it runs in, and looks for downloads
    setUnlessSet("OPT_OUT_TRACKING", "true");
    setUnlessSet("ai.djl.offline", "true");
  }

  private TorchOps() {}

  private static void setUnlessSet(String name, String value) {
    if (System.getProperty(name) == null) {
      System.setProperty(name, value);
    }
  }

  /** A new base manager, on the GPU if there is one; sets thread count and malloc options. */
  public static NDManager newManager(int threads) {
    MallocTuning.keepFreedMemory();
    NDManager manager = NDManager.newBaseManager("PyTorch");
    JniUtils.setNumThreads(threads);
    return manager;
  }

  /** {@code x wᵀ}; x {@code [rows, in]}, w {@code [out, in]}. */
  public static NDArray linear(NDArray x, NDArray w) {
    return JniUtils.linear(tensor(x), tensor(w), null);
  }

  /** {@code x wᵀ + added} in one product; added {@code [out]} or {@code [rows, out]}. */
  public static NDArray linear(NDArray x, NDArray w, NDArray added) {
    return JniUtils.linear(tensor(x), tensor(w), tensor(added));
  }

  /** {@code a b} for two matrices. */
  public static NDArray matmul(NDArray a, NDArray b) {
    return JniUtils.matmul(tensor(a), tensor(b));
  }

  /** {@code a b} for each matrix of a batch, {@code [batch, rows, columns]}. */
  public static NDArray batchMatmul(NDArray a, NDArray b) {
    return JniUtils.bmm(tensor(a), tensor(b));
  }

  /** A transposed view of a matrix, or of each matrix of a batch. */
  public static NDArray transpose(NDArray array) {
    return JniUtils.transpose(tensor(array), -2, -1);
  }

  /** A view of {@code [from, to)} along a dimension. */
  public static NDArray slice(NDArray array, int dimension, long from, long to) {
    return JniUtils.slice(tensor(array), dimension, from, to, 1);
  }

  public static NDArray reshape(NDArray array, long... shape) {
    return JniUtils.reshape(tensor(array), shape);
  }

  /** A view with its dimensions in another order. */
  public static NDArray permute(NDArray array, long... order) {
    return JniUtils.permute(tensor(array), order);
  }

  public static NDArray concat(int dimension, NDArray... arrays) {
    PtNDArray[] tensors = new PtNDArray[arrays.length];
    for (int i = 0; i < arrays.length; i++) {
      tensors[i] = tensor(arrays[i]);
    }
    return JniUtils.cat(tensors, dimension);
  }

  public static NDArray softmax(NDArray array) {
    return JniUtils.softmax(tensor(array), -1, DataType.FLOAT32);
  }

  /** Sum over the last dimension, which is kept with size 1. */
  public static NDArray rowSums(NDArray array) {
    return JniUtils.sum(tensor(array), new long[] {-1}, true);
  }

  /** The rows {@code ids [n]} of a matrix, in the manager of the ids. */
  public static NDArray embedding(NDArray ids, NDArray matrix) {
    return JniUtils.embedding(tensor(ids), tensor(matrix), false);
  }

  /** The rows {@code ids [n]} of a matrix, in the manager of the matrix. */
  public static NDArray indexSelect(NDArray matrix, NDArray ids) {
    NDArray rows = embedding(ids, matrix);
    rows.attach(matrix.getManager());
    return rows;
  }

  /** Element {@code columns[i, 0]} of each row i, {@code [rows, 1]}. */
  public static NDArray gatherColumns(NDArray matrix, NDArray columns) {
    return JniUtils.gather(tensor(matrix), tensor(columns), 1);
  }

  /** Euclidean norm of each row, {@code [rows, 1]}. */
  public static NDArray rowNorms(NDArray matrix) {
    return JniUtils.norm(tensor(matrix), 2, new int[] {-1}, true);
  }

  /** A float32 tensor whose values the callback writes. */
  public static NDArray create(NDManager manager, long[] shape, Consumer<FloatBuffer> fill) {
    if (!manager.getDevice().isGpu()) {
      return filled(manager, shape, fill);
    }
    try (NDManager cpu = manager.newSubManager(Device.cpu())) {
      NDArray moved = filled(cpu, shape, fill).toDevice(manager.getDevice(), true);
      moved.attach(manager);
      return moved;
    }
  }

  private static NDArray filled(NDManager cpu, long[] shape, Consumer<FloatBuffer> fill) {
    NDArray array = cpu.create(new Shape(shape), DataType.FLOAT32);
    fill.accept(read(array));
    return array;
  }

  public static NDArray create(NDManager manager, float[] values, long... shape) {
    return create(manager, shape, buffer -> buffer.put(values));
  }

  /** An int64 tensor of indices, {@code [n]}. */
  public static NDArray ids(NDManager manager, int[] ids) {
    return manager.create(Arrays.stream(ids).asLongStream().toArray());
  }

  /** The values of a float32 tensor; the buffer is valid as long as the tensor's manager. */
  public static FloatBuffer read(NDArray array) {
    return array.toByteBuffer(true).order(ByteOrder.nativeOrder()).asFloatBuffer();
  }

  private static PtNDArray tensor(NDArray array) {
    return (PtNDArray) array;
  }
}
