package dev.whetstone.engine.ort;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.whetstone.engine.runner.Batch;
import dev.whetstone.engine.runner.ModelRunner;
import dev.whetstone.lora.AdapterInput;
import dev.whetstone.lora.LoraAdapter;
import dev.whetstone.policy.Policy;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A model on ONNX Runtime: one graph that decodes, one that reads prompts (it may be the same), one
 * KV cache.
 */
public final class OrtModel implements ModelRunner {
  private final OrtEnvironment environment;
  private final OrtSession decoder;
  private final OrtSession reader;
  private final GraphShape shape;
  private final int slots;
  private final int slotLength;
  private final KvCache kv;
  private final LoraCache adapters;
  private final LogitBuffer logits;
  private @Nullable LastInputs lastInputs;

  private OrtModel(
      OrtEnvironment environment, OrtSession decoder, OrtSession reader, OrtSettings settings)
      throws OrtException {
    this.environment = environment;
    this.decoder = decoder;
    this.reader = reader;
    this.shape = GraphShape.of(decoder);
    this.slots = settings.slots();
    this.slotLength = Math.min(settings.slotLength(), shape.context());
    this.kv = new KvCache(environment, shape, slots, slotLength);
    this.adapters = new LoraCache(environment, shape);
    this.logits = new LogitBuffer(environment, shape.vocabulary());
  }

  /**
   * Loads the graphs.
   *
   * @throws IllegalStateException when the runtime cannot load or run them
   */
  public static OrtModel open(OrtSettings settings) {
    try {
      OrtEnvironment environment = OrtSessions.environment(settings.threads());
      OrtSession decoder = OrtSessions.open(environment, settings.decodeGraph(), settings);
      OrtSession reader =
          settings.prefillGraph() == null
              ? decoder
              : OrtSessions.open(environment, settings.prefillGraph(), settings);
      return new OrtModel(environment, decoder, reader, settings);
    } catch (OrtException e) {
      throw new IllegalStateException(
          "ONNX Runtime cannot load " + settings.decodeGraph() + ": " + e.getMessage(), e);
    }
  }

  @Override
  public int vocabularySize() {
    return shape.vocabulary();
  }

  @Override
  public int slots() {
    return slots;
  }

  @Override
  public int slotLength() {
    return slotLength;
  }

  @Override
  public int kvBytesPerToken() {
    return kv.bytesPerToken();
  }

  @Override
  public String baseHash() {
    return shape.baseHash();
  }

  @Override
  public void prepare(Policy policy) {
    try {
      adapters.prepare(policy);
    } catch (OrtException e) {
      throw new IllegalStateException("cannot prepare " + policy.version(), e);
    }
  }

  @Override
  public void stage(Policy policy) {
    try {
      adapters.stage(policy);
    } catch (OrtException e) {
      throw new IllegalStateException("cannot stage " + policy.version(), e);
    }
  }

  @Override
  public void release(Policy policy) {
    adapters.release(policy);
  }

  /**
   * The graph's inputs that belong to a version when every row is written by it; any thread.
   *
   * @return by name, the rank mask {@code [1, R]} included
   * @throws IllegalArgumentException when the adapter does not fit
   */
  public Map<String, AdapterInput> adapterInputs(Policy policy) {
    LoraAdapter adapter = policy.adapter();
    if (adapter != null) {
      AdapterValidator.check(adapter, shape);
    }
    RankLayout layout = RankLayout.of(List.of(policy)).notEmpty();
    try (StackedLora stack = new StackedLora(environment, shape, layout);
        OnnxTensor mask = mask(stack, List.of(policy))) {
      Map<String, AdapterInput> inputs = new HashMap<>();
      stack.tensors().forEach((name, tensor) -> inputs.put(name, copy(tensor)));
      inputs.put("rank_mask", copy(mask));
      return inputs;
    } catch (OrtException e) {
      throw new IllegalStateException("cannot stack " + policy.version(), e);
    }
  }

  private static AdapterInput copy(OnnxTensor tensor) {
    FloatBuffer values = tensor.getFloatBuffer();
    float[] copied = new float[values.remaining()];
    values.get(copied);
    return new AdapterInput(copied, tensor.getInfo().getShape());
  }

  @Override
  public FloatBuffer run(Batch batch) {
    try {
      return switch (batch) {
        case Batch.Prefill prefill -> prefill(prefill);
        case Batch.Decode decode -> decode(decode);
      };
    } catch (OrtException e) {
      throw new IllegalStateException("the model run failed: " + e.getMessage(), e);
    }
  }

  private FloatBuffer prefill(Batch.Prefill prefill) throws OrtException {
    int length = prefill.tokens().length;
    int end = prefill.past() + length;
    if (end > slotLength) {
      throw new IllegalArgumentException(end + " tokens do not fit a slot of " + slotLength);
    }
    RunInputs inputs =
        new RunInputs(
            prefill.tokens(),
            new long[] {1, length},
            new int[] {end - 1},
            prefill.logitRows(),
            List.of(prefill.policy()));
    return run(reader, inputs, kv.view(prefill.slot(), 1));
  }

  private FloatBuffer decode(Batch.Decode decode) throws OrtException {
    int rows = decode.tokens().length;
    RunInputs inputs =
        new RunInputs(
            decode.tokens(),
            new long[] {rows, 1},
            decode.pasts(),
            IntStream.range(0, rows).toArray(),
            decode.policies());
    return run(decoder, inputs, kv.view(0, rows));
  }

  /**
   * {@code lastPositions} is {@code seqlens_k}; a run has one version a row, or one for all rows of
   * a prompt.
   */
  private record RunInputs(
      int[] tokens, long[] shape, int[] lastPositions, int[] logitRows, List<Policy> policies) {}

  private FloatBuffer run(OrtSession session, RunInputs in, KvCache.View view) throws OrtException {
    StackedLora stack = adapters.stack(in.policies());
    int total = IntStream.of(in.lastPositions()).max().orElseThrow() + 1;
    try (OnnxTensor ids = longs(in.tokens(), in.shape());
        OnnxTensor lengths = ints(in.lastPositions(), in.lastPositions().length);
        OnnxTensor longest = ints(new int[] {total});
        OnnxTensor rows = longs(in.logitRows(), new long[] {in.logitRows().length});
        OnnxTensor mask = mask(stack, in.policies())) {
      Map<String, OnnxTensor> inputs = inputs(stack, view);
      inputs.put("input_ids", ids);
      inputs.put("seqlens_k", lengths);
      inputs.put("total_sequence_length", longest);
      inputs.put("logit_rows", rows);
      inputs.put("rank_mask", mask);
      Map<String, OnnxTensor> outputs = new HashMap<>(view.present());
      int wanted = in.logitRows().length;
      if (wanted > 0) {
        outputs.put("logits", logits.tensor(wanted));
      }
      session.run(inputs, Set.of(), outputs).close();
      return logits.read(wanted);
    }
  }

  /** Inputs of the last run: most of its several hundred are those of the next one too. */
  private record LastInputs(StackedLora stack, KvCache.View view, Map<String, OnnxTensor> all) {}

  private Map<String, OnnxTensor> inputs(StackedLora stack, KvCache.View view) {
    LastInputs last = lastInputs;
    if (last == null || last.stack() != stack || last.view() != view) {
      last = new LastInputs(stack, view, new HashMap<>(view.past()));
      last.all().putAll(stack.tensors());
      lastInputs = last;
    }
    return last.all();
  }

  private OnnxTensor mask(StackedLora stack, List<Policy> policies) throws OrtException {
    int rank = stack.rank();
    FloatBuffer values =
        ByteBuffer.allocateDirect(Math.max(1, policies.size() * rank) * Float.BYTES)
            .order(ByteOrder.nativeOrder())
            .asFloatBuffer()
            .limit(policies.size() * rank);
    for (int row = 0; row < policies.size(); row++) {
      stack.mask(policies.get(row), values, row);
    }
    return OnnxTensor.createTensor(environment, values, new long[] {policies.size(), rank});
  }

  private OnnxTensor longs(int[] values, long[] dimensions) throws OrtException {
    LongBuffer buffer = LongBuffer.wrap(IntStream.of(values).asLongStream().toArray());
    return OnnxTensor.createTensor(environment, buffer, dimensions);
  }

  private OnnxTensor ints(int[] values, long... dimensions) throws OrtException {
    return OnnxTensor.createTensor(environment, IntBuffer.wrap(values), dimensions);
  }

  @Override
  public void copySlot(int from, int to, int tokens) {
    kv.copy(from, to, tokens);
  }

  @Override
  public void clearSlot(int slot) {
    kv.release(slot);
  }

  @Override
  public void saveKv(int slot, int start, int end, ByteBuffer target) {
    kv.save(slot, start, end, target);
  }

  @Override
  public void restoreKv(int slot, int start, int end, ByteBuffer source) {
    kv.restore(slot, start, end, source);
  }

  @Override
  public void close() {
    try (kv;
        adapters;
        logits) {
      decoder.close();
      if (reader != decoder) {
        reader.close();
      }
    } catch (OrtException e) {
      throw new IllegalStateException("cannot close the model", e);
    }
  }
}
