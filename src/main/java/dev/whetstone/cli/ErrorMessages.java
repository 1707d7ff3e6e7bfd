package dev.whetstone.cli;

import dev.whetstone.client.RefusedRequestException;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;

/**
 * Error messages for people, with the next step where there is one. A file exception's own message
 * is only its path.
 */
public final class ErrorMessages {
  private ErrorMessages() {}

  /** One sentence on what failed. */
  public static String of(Throwable failure) {
    return switch (failure) {
      case UncheckedIOException wrapped when wrapped.getCause() != null -> of(wrapped.getCause());
      case RefusedRequestException e -> e.getMessage() + nextStep(e.status());
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

  private static String nextStep(int status) {
    return switch (status) {
      case 401 -> "; give another key with --key or WHETSTONE_KEY";
      case 403 -> "; give an operator's key with --key: ./whetstone keys create operator makes one";
      case 404 -> "; ./whetstone policies list shows the versions there are";
      case 429, 503 -> "; try again, GET /q/health/ready says whether the gateway is ready";
      default -> "";
    };
  }
}
