package dev.whetstone.testing;

import dev.whetstone.io.Sha256;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** A file cut into wheels, in a folder that pip takes as its index. */
public final class PartWheels {
  private PartWheels() {}

  /** Writes part {@code number}, from 1, as the package {@code whetstone-test-part<number>}. */
  public static Path write(Path folder, int number, byte[] part) throws IOException {
    String module = "whetstone_test_part" + number;
    Path wheel = folder.resolve(module + "-1.0-py3-none-any.whl");
    String info = module + "-1.0.dist-info/";
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(wheel))) {
      add(zip, module + "/data.bin", part);
      add(
          zip,
          info + "METADATA",
          bytes("Metadata-Version: 2.1\nName: whetstone-test-part" + number + "\nVersion: 1.0\n"));
      add(
          zip,
          info + "WHEEL",
          bytes("Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"));
      add(zip, info + "RECORD", bytes(""));
    }
    return wheel;
  }

  /** Writes the package of part {@code number} as its source, whose build runs some Python. */
  public static Path writeSource(Path folder, int number, String python) throws IOException {
    String module = "whetstone_test_part" + number;
    Path source = folder.resolve(module + "-1.0.zip");
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(source))) {
      String build =
          """
          [build-system]
          requires = []
          build-backend = "backend"
          backend-path = ["."]
          """;
      add(zip, module + "-1.0/pyproject.toml", bytes(build));
      add(zip, module + "-1.0/backend.py", bytes(python + "\n"));
    }
    return source;
  }

  /** The sha256 of some bytes. */
  public static String sha256(byte[] bytes) {
    return Sha256.of(bytes);
  }

  /** Part {@code number}, from 1, of {@code count} about equal ones. */
  public static byte[] part(byte[] file, int number, int count) {
    int size = (file.length + count - 1) / count;
    return Arrays.copyOfRange(file, (number - 1) * size, Math.min(file.length, number * size));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static void add(ZipOutputStream zip, String name, byte[] content) throws IOException {
    zip.putNextEntry(new ZipEntry(name));
    zip.write(content);
    zip.closeEntry();
  }
}
