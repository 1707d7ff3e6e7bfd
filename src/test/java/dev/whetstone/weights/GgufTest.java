package dev.whetstone.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Compares every storage type with the arithmetic of its definition; refuses malformed files. */
@Timeout(60)
@Tag("slow")
class GgufTest {
  @TempDir Path folder;
  private final Random random = new Random(6);

  @Test
  void floatsAreReadFromEveryWidth() throws IOException {
    float[] values = {0, -0f, 1, -2.5f, 65504, 0x1p-14f, 0x1p-24f, 0x1.554p-2f};
    ByteBuffer halves = GgufBytes.little(16);
    ByteBuffer brains = GgufBytes.little(16);
    for (float value : values) {
      halves.putShort(Float.floatToFloat16(value));
      brains.putShort((short) (Float.floatToRawIntBits(value) >>> 16));
    }
    GgufBytes file =
        new GgufBytes()
            .tensor("f32", 0, GgufBytes.floats(values), 2, 4)
            .tensor("f16", 1, GgufBytes.all(halves), 8)
            .tensor("bf16", 30, GgufBytes.all(brains), 8);

    try (GgufFile gguf = open(file)) {
      assertThat(gguf.shape("f32")).containsExactly(2, 4);
      assertThat(gguf.read("f32")).containsExactly(values);
      assertThat(gguf.read("f16")).containsExactly(values);
      float[] brain = gguf.read("bf16");
      for (int i = 0; i < values.length; i++) {
        assertThat(brain[i]).isCloseTo(values[i], within(Math.abs(values[i]) / 128));
      }
    }
  }

  @Test
  void quantisedBlocksAreReadAsTheirDefinitionSays() throws IOException {
    int blocks = 6;
    ByteBuffer q8 = GgufBytes.little(34 * blocks);
    ByteBuffer q40 = GgufBytes.little(18 * blocks);
    ByteBuffer q41 = GgufBytes.little(20 * blocks);
    float[][] expected = new float[3][32 * blocks];
    for (int block = 0; block < blocks; block++) {
      short d = Float.floatToFloat16((float) random.nextGaussian());
      short m = Float.floatToFloat16((float) random.nextGaussian());
      float scale = Float.float16ToFloat(d);
      q8.putShort(d);
      q40.putShort(d);
      q41.putShort(d).putShort(m);
      byte[] nibbles = new byte[16];
      random.nextBytes(nibbles);
      q40.put(nibbles);
      q41.put(nibbles);
      for (int i = 0; i < 32; i++) {
        byte level = (byte) random.nextInt(256);
        q8.put(level);
        int nibble = i < 16 ? nibbles[i] & 15 : (nibbles[i - 16] & 0xff) / 16;
        expected[0][32 * block + i] = scale * level;
        expected[1][32 * block + i] = scale * (nibble - 8);
        expected[2][32 * block + i] = scale * nibble + Float.float16ToFloat(m);
      }
    }
    GgufBytes file =
        new GgufBytes()
            .tensor("q8_0", 8, GgufBytes.all(q8), blocks, 32)
            .tensor("q4_0", 2, GgufBytes.all(q40), blocks / 2, 64)
            .tensor("q4_1", 3, GgufBytes.all(q41), 32L * blocks);

    try (GgufFile gguf = open(file)) {
      assertThat(gguf.read("q8_0")).containsExactly(expected[0], within(1e-6f));
      assertThat(gguf.read("q4_0")).containsExactly(expected[1], within(1e-5f));
      assertThat(gguf.read("q4_1")).containsExactly(expected[2], within(1e-5f));
    }
  }

  @Test
  void anotherTypeIsRefusedByTensorAndType() {
    assertRefused(
        new GgufBytes().tensor("blk.0.attn_q.weight", 21, new byte[110], 256),
        "tensor blk.0.attn_q.weight",
        "IQ3_S",
        "Q4_K, Q5_K, Q6_K");
    assertRefused(new GgufBytes().tensor("x", 77, new byte[4], 1), "tensor x", "number 77");
    assertRefused(new GgufBytes().tensor("x", 8, new byte[34], 33), "tensor x", "Q8_0 blocks");
    assertRefused(
        new GgufBytes().tensor("x", 12, new byte[144], 4, 64), "tensor x", "row", "Q4_K blocks");
  }

  @Test
  void tensorsOutsideTheFileOrOverEachOtherAreRefused() {
    byte[] one = GgufBytes.floats(new float[8]);
    assertRefused(new GgufBytes().tensor("x", 0, one, 9), "tensor x", "truncated");
    assertRefused(new GgufBytes().tensorAt("x", 0, -8, one, 8), "tensor x", "outside");
    assertRefused(new GgufBytes().tensorAt("x", 0, Long.MAX_VALUE, one, 8), "tensor x", "outside");
    assertRefused(
        new GgufBytes().tensor("a", 0, one, 8).tensorAt("b", 0, 16, one, 8),
        "tensor b",
        "overlaps");
    assertRefused(
        new GgufBytes().tensor("a", 0, one, 8).tensor("a", 0, one, 8), "tensor a", "twice");
  }

  @Test
  void hugeNumbersAreRefusedBeforeAnythingIsAllocated() throws IOException {
    byte[] none = {};
    assertRefused(
        new GgufBytes().tensor("x", 0, none, Integer.MAX_VALUE, Integer.MAX_VALUE), "tensor x");
    assertRefused(new GgufBytes().tensor("x", 0, none, Long.MAX_VALUE), "tensor x", "dimension");
    assertRefused(new GgufBytes().tensor("x", 0, none, -1), "tensor x", "dimension");
    assertRefused(new GgufBytes().tensor("x", 0, none, 1, 1, 1, 1, 1), "tensor x", "5 dimensions");
    byte[] long1 = GgufBytes.all(GgufBytes.little(8).putLong(1L << 62));
    assertRefused(new GgufBytes().raw("k", 8, long1), "string of " + (1L << 62));
    assertRefused(
        new GgufBytes()
            .raw("k", 9, GgufBytes.all(GgufBytes.little(12).putInt(0).putLong(1L << 40))),
        "count");
    assertRefused(
        new GgufBytes().raw("k", 9, GgufBytes.all(GgufBytes.little(12).putInt(9).putLong(1))),
        "nested");
    assertRefused(new GgufBytes().raw("k", 99), "unknown type 99");
    assertRefused(new GgufBytes().raw("general.alignment", 10, long1), "general.alignment");
    assertRefused(new GgufBytes().number("k", 1).number("k", 2), "k appears twice");
    for (int field : new int[] {8, 16}) {
      byte[] bytes = new GgufBytes().number("k", 1).bytes();
      ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(field, 1L << 40);
      assertRefused(bytes, "count");
    }
  }

  @Test
  void aModelThatAsksForMoreLayersThanThereAreIsRefusedAtOnce() {
    GgufBytes file =
        GgufBytes.model(SmallModels.llama())
            .tensor("token_embd.weight", 0, new byte[4 * 96 * 64], 96, 64);
    byte[] bytes = file.bytes();
    int at =
        new String(bytes, java.nio.charset.StandardCharsets.ISO_8859_1)
            .indexOf("llama.block_count");
    ByteBuffer.wrap(bytes)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(at + "llama.block_count".length() + 4, Integer.MAX_VALUE);

    assertThatThrownBy(() -> new GgufModel(open(bytes)).close())
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("layers");
  }

  @Test
  void aFileCutAnywhereIsRefused() throws IOException {
    byte[] whole = valid().bytes();
    for (int length = 0; length < whole.length; length += 7) {
      assertRefused(Arrays.copyOf(whole, length), "m.gguf");
    }
  }

  @Test
  void aFileWithAnyDamageIsReadOrRefusedWithAMessage() throws IOException {
    byte[] whole = valid().bytes();
    for (int i = 0; i < 1500; i++) {
      byte[] damaged = whole.clone();
      for (int flips = random.nextInt(4); flips >= 0; flips--) {
        damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
      }
      try (GgufFile file = open(damaged)) {
        for (String name : file.names()) {
          assertThat(file.read(name)).isNotNull();
        }
        new GgufModel(file).config();
        GgufTokenizer.of(file).tokenizerJson();
      } catch (ModelFormatException refused) {
        assertThat(refused.getMessage()).isNotBlank();
      }
    }
  }

  private static GgufBytes valid() {
    return GgufBytes.model(SmallModels.llama())
        .tensor("token_embd.weight", 0, new byte[4 * 96 * 64], 96, 64)
        .tensor("output_norm.weight", 0, new byte[256], 64);
  }

  private void assertRefused(GgufBytes file, String... named) {
    try {
      assertRefused(file.bytes(), named);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private void assertRefused(byte[] bytes, String... named) throws IOException {
    assertThatThrownBy(() -> open(bytes).close())
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContainingAll(named);
  }

  private GgufFile open(GgufBytes file) throws IOException {
    return open(file.bytes());
  }

  private GgufFile open(byte[] bytes) throws IOException {
    return GgufFile.open(Files.write(folder.resolve("m.gguf"), bytes));
  }
}
