package dev.whetstone.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Random blocks with extreme scales, beside what ggml's own Python package makes of them. */
class QuantisedBlocksTest {
  private static final Path BLOCKS = Path.of("src/test/resources/golden/gguf/blocks.gguf");

  @ParameterizedTest
  @EnumSource(
      mode = EnumSource.Mode.EXCLUDE,
      names = {"F32", "F16", "BF16"})
  void everyElementEqualsGgmlsBitForBit(ElementType type) throws IOException {
    try (GgufFile file = GgufFile.open(BLOCKS)) {
      float[] expected = file.read(type + ".float");

      assertThat(bits(file.read(type.name()))).isEqualTo(bits(expected));
      int width = (int) file.shape(type.name())[1];
      assertThat(bits(file.readRows(type.name(), 1, 3)))
          .isEqualTo(bits(Arrays.copyOfRange(expected, width, 4 * width)));
    }
  }

  @Test
  void aLargeTensorEqualsItsRowsReadOneByOne(@TempDir Path folder) throws IOException {
    int rows = 700;
    byte[] blocks = new byte[rows * 210];
    new Random(8).nextBytes(blocks);
    Path large =
        Files.write(
            folder.resolve("m.gguf"), new GgufBytes().tensor("x", 14, blocks, rows, 256).bytes());

    try (GgufFile file = GgufFile.open(large)) {
      int[] whole = bits(file.read("x"));
      for (int row = 0; row < rows; row++) {
        assertThat(bits(file.readRows("x", row, 1)))
            .isEqualTo(Arrays.copyOfRange(whole, 256 * row, 256 * (row + 1)));
      }
    }
  }

  @Test
  void aTruncatedTensorIsRefused(@TempDir Path folder) throws IOException {
    byte[] whole = Files.readAllBytes(BLOCKS);
    Path cut = Files.write(folder.resolve("m.gguf"), Arrays.copyOf(whole, whole.length - 64));

    assertThatThrownBy(() -> GgufFile.open(cut))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContainingAll("m.gguf", "IQ4_XS.float", "truncated");
  }

  @Test
  void rowsOutsideATensorAreRefused() throws IOException {
    try (GgufFile file = GgufFile.open(BLOCKS)) {
      for (int[] rows : new int[][] {{-1, 1}, {0, 7}, {6, 1}, {0, -1}, {1, Integer.MAX_VALUE}}) {
        assertThatThrownBy(() -> file.readRows("Q4_K", rows[0], rows[1]))
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessageContaining("has no rows");
      }
      assertThat(file.readRows("Q4_K", 6, 0)).isEmpty();
    }
  }

  private static int[] bits(float[] values) {
    int[] bits = new int[values.length];
    Arrays.setAll(bits, i -> Float.floatToRawIntBits(values[i]));
    return bits;
  }
}
