package dev.whetstone.cli;

import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;

/** Error messages for people. A file exception's own message is only its path. */
public final class ErrorMessages {
  private ErrorMessages() {}

  /** One sentence on what failed. */
  public static String of(Throwable failure) {
    return switch (failure) {
      case UncheckedIOException wrapped when wrapped.getCause() != null -> of(wrapped.getCause());
      case NoSuchFileException e -> "there is no file " + e.getFile();
      case AccessDeniedException e -> e.getFile() + " may not be read or written";
      case FileAlreadyExistsException e -> e.getFile() + " is in the way: it exists already";
      case NotDirectoryException e -> e.getFile() + " is no directory";
      case FileSystemException e when e.getReason() == null ->
          e.getFile() + ": " + e.getClass().getSimpleName();
      case CharacterCodingException _ -> "a file is not UTF-8 text";
      default -> failure.getMessage() == null ? failure.toString() : failure.getMessage();
    };
  }
}
