/* Loaded into the server before the C library: writes down, in order, which
 * files below a directory are written and synced and what is sent to sockets.
 * A sync is written down when it has succeeded, a send before it begins, so
 * that a sync which stands before a send was complete by then.
 *
 * SYNC_SHIM_LOG names the file for the notes, SYNC_SHIM_DIR the directory.
 * With SYNC_SHIM_DEAF set, syncs are not noted: a server that never syncs looks so.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#define SHOWN 600

static int log_fd = -1;
static int deaf;
static char directory[4096];
static size_t directory_length;

__attribute__((constructor)) static void begin(void) {
  const char *path = getenv("SYNC_SHIM_LOG"), *where = getenv("SYNC_SHIM_DIR");
  if (!path || !where || !realpath(where, directory)) return;
  directory_length = strlen(directory);
  deaf = getenv("SYNC_SHIM_DEAF") != NULL;
  log_fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

/* One line in one write, so that lines of threads do not mix. */
static void note(const char *what, int fd, const struct iovec *parts, int count) {
  char link[64], target[4096], line[4096 + 4 * SHOWN + 64];
  const char *name;
  if (log_fd < 0) return;
  int kept = errno;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, target, sizeof target - 1);
  errno = kept;
  if (length < 0) return;
  target[length] = 0;
  if (!strncmp(target, "socket:", 7)) {
    name = "socket";
    if (!strcmp(what, "write")) what = "send";
  } else if (!strncmp(target, directory, directory_length) && target[directory_length] == '/') {
    name = target + directory_length + 1;
  } else {
    return;
  }
  int used = snprintf(line, sizeof line, "%s %s ", what, name);
  int shown = 0;
  if (!strcmp(what, "send"))
    for (int i = 0; i < count; i++)
      for (size_t j = 0; j < parts[i].iov_len && shown < SHOWN; j++, shown++) {
        unsigned char octet = ((unsigned char *)parts[i].iov_base)[j];
        if (octet >= ' ' && octet < 127 && octet != '\\')
          line[used++] = (char)octet;
        else
          used += snprintf(line + used, 5, "\\x%02x", octet);
      }
  line[used++] = '\n';
  syscall(SYS_write, log_fd, line, (size_t)used);
  errno = kept;
}

static void note_one(const char *what, int fd, const void *octets, size_t length) {
  struct iovec part = {(void *)octets, length};
  note(what, fd, &part, 1);
}

#define REAL(type, name, ...) \
  static type (*real)(__VA_ARGS__); \
  if (!real) real = (type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

ssize_t write(int fd, const void *octets, size_t length) {
  REAL(ssize_t, "write", int, const void *, size_t);
  note_one("write", fd, octets, length);
  return real(fd, octets, length);
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
  REAL(ssize_t, "writev", int, const struct iovec *, int);
  note("write", fd, parts, count);
  return real(fd, parts, count);
}

ssize_t pwrite(int fd, const void *octets, size_t length, off_t offset) {
  REAL(ssize_t, "pwrite", int, const void *, size_t, off_t);
  note_one("write", fd, octets, length);
  return real(fd, octets, length, offset);
}

ssize_t pwrite64(int fd, const void *octets, size_t length, off64_t offset) {
  REAL(ssize_t, "pwrite64", int, const void *, size_t, off64_t);
  note_one("write", fd, octets, length);
  return real(fd, octets, length, offset);
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset) {
  REAL(ssize_t, "pwritev", int, const struct iovec *, int, off_t);
  note("write", fd, parts, count);
  return real(fd, parts, count, offset);
}

int ftruncate(int fd, off_t length) {
  REAL(int, "ftruncate", int, off_t);
  note_one("write", fd, "", 0);
  return real(fd, length);
}

int ftruncate64(int fd, off64_t length) {
  REAL(int, "ftruncate64", int, off64_t);
  note_one("write", fd, "", 0);
  return real(fd, length);
}

ssize_t send(int fd, const void *octets, size_t length, int flags) {
  REAL(ssize_t, "send", int, const void *, size_t, int);
  note_one("send", fd, octets, length);
  return real(fd, octets, length, flags);
}

ssize_t sendto(int fd, const void *octets, size_t length, int flags, const struct sockaddr *to,
               socklen_t to_length) {
  REAL(ssize_t, "sendto", int, const void *, size_t, int, const struct sockaddr *, socklen_t);
  note_one("send", fd, octets, length);
  return real(fd, octets, length, flags, to, to_length);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags) {
  REAL(ssize_t, "sendmsg", int, const struct msghdr *, int);
  note("send", fd, message->msg_iov, (int)message->msg_iovlen);
  return real(fd, message, flags);
}

int fsync(int fd) {
  REAL(int, "fsync", int);
  int outcome = real(fd);
  if (outcome == 0 && !deaf) note_one("sync", fd, "", 0);
  return outcome;
}

int fdatasync(int fd) {
  REAL(int, "fdatasync", int);
  int outcome = real(fd);
  if (outcome == 0 && !deaf) note_one("sync", fd, "", 0);
  return outcome;
}
