package dev.whetstone.weights;

import dev.whetstone.weights.GgufHeader.Entry;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The files that llama.cpp's gguf-split makes of one: {@code NAME-00001-of-00003.gguf} and so on.
 * The first has the metadata, and each has some of the tensors.
 */
public final class GgufSplit {
  private static final String COUNT = "split.count";
  private static final String NUMBER = "split.no";
  private static final String TENSORS = "split.tensors.count";
  private static final String SETTINGS = "split.";
  private static final int MAX_PARTS = 10_000;
  private static final Pattern NAME = Pattern.compile("(.*)-(\\d{5})-of-(\\d{5})\\.gguf");

  private GgufSplit() {}

  private static long number(Map<String, Object> metadata, String key) {
    return metadata.get(key) instanceof Number number ? number.longValue() : 0;
  }

  /**
   * The other parts of a file, given its metadata; none where it is whole.
   *
   * @throws ModelFormatException when it is not the first part, or another one is not beside it
   */
  static List<Path> further(Path file, Map<String, Object> metadata) {
    long count = number(metadata, COUNT);
    if (count <= 1) {
      return List.of();
    }
    Matcher name = NAME.matcher(file.getFileName().toString());
    if (number(metadata, NUMBER) != 0) {
      throw new ModelFormatException(
          "%s is part %d of %d: name the first, ...-00001-of-%05d.gguf"
              .formatted(file, number(metadata, NUMBER) + 1, count, count));
    }
    if (!name.matches() || count > MAX_PARTS || Long.parseLong(name.group(3)) != count) {
      throw new ModelFormatException(
          "%s is one of %d parts, but not named ...-00001-of-%05d.gguf"
              .formatted(file, count, count));
    }
    List<Path> parts = new ArrayList<>();
    for (int part = 2; part <= count; part++) {
      Path path = file.resolveSibling("%s-%05d-of-%05d.gguf".formatted(name.group(1), part, count));
      if (!Files.isRegularFile(path)) {
        throw new ModelFormatException("%s is missing beside %s".formatted(path, file));
      }
      parts.add(path);
    }
    return parts;
  }

  /** Refuses parts that are not all of the tensors. */
  static void requireComplete(Path file, Map<String, Object> metadata, int tensors) {
    long wanted = number(metadata, TENSORS);
    if (number(metadata, COUNT) > 1 && wanted > 0 && wanted != tensors) {
      throw new ModelFormatException(
          "%s and its other parts have %d tensors, not %d".formatted(file, tensors, wanted));
    }
  }

  /** Copies a GGUF file; its parts become one file. */
  public static void copy(Path file, Path target) throws IOException {
    try (Arena arena = Arena.ofShared()) {
      Part first = Part.map(file, arena);
      List<Path> further = further(file, first.header.metadata());
      if (further.isEmpty()) {
        Files.copy(file, target);
        return;
      }
      List<Part> parts = new ArrayList<>(List.of(first));
      for (Path path : further) {
        parts.add(Part.map(path, arena));
      }
      join(parts, target);
    }
  }

  /** A mapped part; each tensor ends where the next one begins, or the file. */
  private record Part(MemorySegment bytes, GgufHeader header) {
    static Part map(Path file, Arena arena) throws IOException {
      try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
        MemorySegment bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
        return new Part(bytes, GgufHeader.parse(bytes));
      }
    }

    MemorySegment tensor(Entry entry) {
      long start = header.dataStart() + entry.offset();
      long end =
          header.entries().stream()
              .mapToLong(other -> header.dataStart() + other.offset())
              .filter(other -> other > start)
              .min()
              .orElse(bytes.byteSize());
      return bytes.asSlice(start, end - start);
    }
  }

  private static void join(List<Part> parts, Path target) throws IOException {
    GgufHeader first = parts.getFirst().header;
    Map<Entry, MemorySegment> tensors = new LinkedHashMap<>();
    for (Part part : parts) {
      part.header.entries().forEach(entry -> tensors.put(entry, part.tensor(entry)));
    }
    List<GgufHeader.Span> settings =
        first.settings().entrySet().stream()
            .filter(setting -> !setting.getKey().startsWith(SETTINGS))
            .map(Map.Entry::getValue)
            .toList();
    try (FileChannel out =
        FileChannel.open(target, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      write(
          out,
          little(24)
              .putInt(GgufHeader.MAGIC)
              .putInt(3)
              .putLong(tensors.size())
              .putLong(settings.size())
              .flip());
      for (GgufHeader.Span span : settings) {
        write(out, parts.getFirst().bytes.asSlice(span.from(), span.to() - span.from()));
      }
      long offset = 0;
      for (Map.Entry<Entry, MemorySegment> tensor : tensors.entrySet()) {
        write(out, entry(tensor.getKey(), offset));
        offset = GgufHeader.aligned(offset + tensor.getValue().byteSize(), first.alignment());
      }
      for (MemorySegment bytes : tensors.values()) {
        pad(out, first.alignment());
        write(out, bytes);
      }
    }
  }

  private static ByteBuffer entry(Entry entry, long offset) {
    byte[] name = entry.name().getBytes(StandardCharsets.UTF_8);
    int dimensions = entry.shape().length;
    ByteBuffer bytes = little(8 + name.length + 4 + 8 * dimensions + 4 + 8);
    bytes.putLong(name.length).put(name).putInt(dimensions);
    for (int i = dimensions - 1; i >= 0; i--) {
      bytes.putLong(entry.shape()[i]);
    }
    return bytes.putInt(entry.type()).putLong(offset).flip();
  }

  private static ByteBuffer little(int size) {
    return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static void pad(FileChannel out, long alignment) throws IOException {
    long missing = GgufHeader.aligned(out.position(), alignment) - out.position();
    write(out, ByteBuffer.allocate((int) missing));
  }

  private static void write(FileChannel out, MemorySegment bytes) throws IOException {
    long piece = 1L << 24;
    for (long from = 0; from < bytes.byteSize(); from += piece) {
      MemorySegment part = bytes.asSlice(from, Math.min(piece, bytes.byteSize() - from));
      write(out, part.asByteBuffer());
    }
  }

  private static void write(FileChannel out, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      out.write(bytes);
    }
  }
}
