/* Stand between a process and the C library, and let a chosen system call fail, stop halfway or be the last.
 *
 * Loaded with LD_PRELOAD. Only calls about files below one folder are counted, in the order in which they are made, so
 * that the same work meets the same calls; see `faults_arm`. Threads count together.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* The same numbers are in injecting.py. */
enum kind {
  NOTHING,      /* only count */
  FAIL,         /* the chosen call fails */
  FAIL_FROM,    /* it fails, as does every later one */
  FULL_FROM,    /* it fails, as does every later one that needs space */
  FAIL_AND_FULL, /* it fails; every later one that needs space finds the disk full */
  HALVE,        /* a read or write does half of what it is asked for */
  KILL,         /* the process ends before it */
  KILL_HALFWAY, /* the process ends when half of a write is done */
};

enum { DESCRIPTORS = 65536, NEEDS_SPACE = 1, WRITES = 2 };

static char folder[4096];
static size_t folder_length;
static char watched[DESCRIPTORS];
static char victim[8192];
static enum kind kind;
static long count, chosen;
static __thread long number;
static int error;

/* Begin to count calls about files below *below*, and do *what* to call number *which*, from 1. */
void faults_arm(const char *below, int what, long which, int code) {
  snprintf(folder, sizeof folder, "%s", below);
  memset(watched, 0, sizeof watched);
  victim[0] = 0;
  count = 0;
  kind = what;
  chosen = which;
  error = code;
  folder_length = strlen(folder);
}

/* Count no longer; return how many calls there were. */
long faults_disarm(void) {
  folder_length = 0;
  return count;
}

/* Return the first call to which something was done, or nothing. */
const char *faults_victim(void) { return victim; }

static int is_below(const char *path) { return folder_length && path && !strncmp(path, folder, folder_length); }

static int is_watched(int descriptor) {
  return folder_length && descriptor >= 0 && descriptor < DESCRIPTORS && watched[descriptor];
}

static int is_meant(int at, const char *path) {
  return path && path[0] == '/' ? is_below(path) : is_watched(at);
}

static int watch(int descriptor, int is_ours) {
  if (folder_length && descriptor >= 0 && descriptor < DESCRIPTORS) watched[descriptor] = is_ours;
  return descriptor;
}

static void note(const char *call, const char *path) {
  if (!victim[0]) snprintf(victim, sizeof victim, "call %ld, %s %s", number, call, path ? path : "");
}

static void end(void) {
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

/* Return whether the call fails now; it may also be the last one of the process. */
static int strikes(const char *call, const char *path, int traits) {
  int is_struck = 0;
  number = __atomic_add_fetch(&count, 1, __ATOMIC_SEQ_CST);
  switch (kind) {
    case FAIL: is_struck = number == chosen; break;
    case FAIL_FROM: is_struck = number >= chosen; break;
    case FULL_FROM: is_struck = number >= chosen && (traits & NEEDS_SPACE); break;
    case KILL:
      if (number == chosen) end();
      break;
    case FAIL_AND_FULL: is_struck = number == chosen || (number > chosen && (traits & NEEDS_SPACE)); break;
    default: break;
  }
  if (is_struck) {
    note(call, path);
    errno = kind == FAIL_AND_FULL && number > chosen ? ENOSPC : error;
  }
  return is_struck;
}

/* Return how much of *size* is done. */
static size_t share(const char *call, size_t size, int traits) {
  if (size < 2 || number != chosen) return size;
  if (kind == HALVE || (kind == KILL_HALFWAY && (traits & WRITES))) {
    note(call, NULL);
    return size / 2;
  }
  return size;
}

static ssize_t ended_halfway(ssize_t done, int traits) {
  if (kind == KILL_HALFWAY && number == chosen && (traits & WRITES)) end();
  return done;
}

#define REAL(result, name, ...) \
  static result (*real)(__VA_ARGS__); \
  if (!real) real = dlsym(RTLD_NEXT, #name)

#define BY_PATH(result, name, failed, traits, types, names, path) \
  result name types { \
    static result(*real) types; \
    if (!real) real = dlsym(RTLD_NEXT, #name); \
    if (is_below(path) && strikes(#name, path, traits)) return failed; \
    return real names; \
  }

#define BY_DESCRIPTOR(result, name, failed, traits, types, names, descriptor) \
  result name types { \
    static result(*real) types; \
    if (!real) real = dlsym(RTLD_NEXT, #name); \
    if (is_watched(descriptor) && strikes(#name, NULL, traits)) return failed; \
    return real names; \
  }

#define AT_FOLDER(name, traits, types, names, at, path) \
  int name types { \
    static int(*real) types; \
    if (!real) real = dlsym(RTLD_NEXT, #name); \
    if (is_meant(at, path) && strikes(#name, path, traits)) return -1; \
    return real names; \
  }

#define OPEN(name) \
  int name(const char *path, int flags, ...) { \
    REAL(int, name, const char *, int, ...); \
    va_list rest; \
    va_start(rest, flags); \
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0; \
    va_end(rest); \
    int is_ours = is_below(path); \
    if (is_ours && strikes(#name, path, flags & O_CREAT ? NEEDS_SPACE : 0)) return -1; \
    return watch(real(path, flags, mode), is_ours); \
  }
OPEN(open)
OPEN(open64)

#define OPEN_AT(name) \
  int name(int at, const char *path, int flags, ...) { \
    REAL(int, name, int, const char *, int, ...); \
    va_list rest; \
    va_start(rest, flags); \
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0; \
    va_end(rest); \
    int is_ours = is_meant(at, path); \
    if (is_ours && strikes(#name, path, flags & O_CREAT ? NEEDS_SPACE : 0)) return -1; \
    return watch(real(at, path, flags, mode), is_ours); \
  }
OPEN_AT(openat)
OPEN_AT(openat64)

/* Like Linux, which closes the descriptor also when it reports an error. */
int close(int descriptor) {
  REAL(int, close, int);
  int is_ours = is_watched(descriptor);
  int fails = is_ours && strikes("close", NULL, 0), code = errno;
  if (is_ours) watched[descriptor] = 0;
  int result = real(descriptor);
  if (!fails) return result;
  errno = code;
  return -1;
}

#define TRANSFER(name, traits, types, names) \
  ssize_t name types { \
    static ssize_t(*real) types; \
    if (!real) real = dlsym(RTLD_NEXT, #name); \
    if (!is_watched(descriptor)) return real names; \
    if (strikes(#name, NULL, traits)) return -1; \
    size = share(#name, size, traits); \
    return ended_halfway(real names, traits); \
  }
TRANSFER(read, 0, (int descriptor, void *to, size_t size), (descriptor, to, size))
TRANSFER(pread, 0, (int descriptor, void *to, size_t size, off_t from), (descriptor, to, size, from))
TRANSFER(pread64, 0, (int descriptor, void *to, size_t size, off64_t from), (descriptor, to, size, from))
TRANSFER(write, NEEDS_SPACE | WRITES, (int descriptor, const void *from, size_t size), (descriptor, from, size))
TRANSFER(pwrite, NEEDS_SPACE | WRITES, (int descriptor, const void *from, size_t size, off_t to),
         (descriptor, from, size, to))
TRANSFER(pwrite64, NEEDS_SPACE | WRITES, (int descriptor, const void *from, size_t size, off64_t to),
         (descriptor, from, size, to))

BY_DESCRIPTOR(int, fsync, -1, NEEDS_SPACE, (int descriptor), (descriptor), descriptor)
BY_DESCRIPTOR(int, fdatasync, -1, NEEDS_SPACE, (int descriptor), (descriptor), descriptor)
BY_DESCRIPTOR(int, ftruncate, -1, NEEDS_SPACE, (int descriptor, off_t size), (descriptor, size), descriptor)
BY_DESCRIPTOR(int, ftruncate64, -1, NEEDS_SPACE, (int descriptor, off64_t size), (descriptor, size), descriptor)
BY_DESCRIPTOR(int, fchmod, -1, 0, (int descriptor, mode_t mode), (descriptor, mode), descriptor)
BY_DESCRIPTOR(int, fchown, -1, 0, (int descriptor, uid_t user, gid_t group), (descriptor, user, group), descriptor)
BY_DESCRIPTOR(int, flock, -1, 0, (int descriptor, int operation), (descriptor, operation), descriptor)
BY_DESCRIPTOR(int, fstat, -1, 0, (int descriptor, struct stat *to), (descriptor, to), descriptor)
BY_DESCRIPTOR(int, fstat64, -1, 0, (int descriptor, struct stat64 *to), (descriptor, to), descriptor)
BY_DESCRIPTOR(int, __fxstat, -1, 0, (int version, int descriptor, struct stat *to), (version, descriptor, to),
              descriptor)
BY_DESCRIPTOR(int, __fxstat64, -1, 0, (int version, int descriptor, struct stat64 *to), (version, descriptor, to),
              descriptor)
BY_DESCRIPTOR(off_t, lseek, -1, 0, (int descriptor, off_t to, int from), (descriptor, to, from), descriptor)
BY_DESCRIPTOR(off64_t, lseek64, -1, 0, (int descriptor, off64_t to, int from), (descriptor, to, from), descriptor)
BY_DESCRIPTOR(DIR *, fdopendir, NULL, 0, (int descriptor), (descriptor), descriptor)
BY_DESCRIPTOR(void *, mmap, MAP_FAILED, 0,
              (void *at, size_t size, int rights, int flags, int descriptor, off_t from),
              (at, size, rights, flags, descriptor, from), descriptor)
BY_DESCRIPTOR(void *, mmap64, MAP_FAILED, 0,
              (void *at, size_t size, int rights, int flags, int descriptor, off64_t from),
              (at, size, rights, flags, descriptor, from), descriptor)

#define CONTROL(name) \
  int name(int descriptor, int command, ...) { \
    REAL(int, name, int, int, ...); \
    va_list rest; \
    va_start(rest, command); \
    void *argument = va_arg(rest, void *); \
    va_end(rest); \
    int is_ours = is_watched(descriptor); \
    if (is_ours && strikes(#name, NULL, 0)) return -1; \
    int result = real(descriptor, command, argument); \
    return command == F_DUPFD || command == F_DUPFD_CLOEXEC ? watch(result, is_ours) : result; \
  }
CONTROL(fcntl)
CONTROL(fcntl64)

BY_PATH(int, rename, -1, NEEDS_SPACE, (const char *path, const char *to), (path, to), path)
BY_PATH(int, link, -1, NEEDS_SPACE, (const char *path, const char *to), (path, to), path)
BY_PATH(int, unlink, -1, 0, (const char *path), (path), path)
BY_PATH(int, rmdir, -1, 0, (const char *path), (path), path)
BY_PATH(int, mkdir, -1, NEEDS_SPACE, (const char *path, mode_t mode), (path, mode), path)
BY_PATH(int, chmod, -1, 0, (const char *path, mode_t mode), (path, mode), path)
BY_PATH(int, access, -1, 0, (const char *path, int how), (path, how), path)
BY_PATH(int, stat, -1, 0, (const char *path, struct stat *to), (path, to), path)
BY_PATH(int, stat64, -1, 0, (const char *path, struct stat64 *to), (path, to), path)
BY_PATH(int, lstat, -1, 0, (const char *path, struct stat *to), (path, to), path)
BY_PATH(int, lstat64, -1, 0, (const char *path, struct stat64 *to), (path, to), path)
BY_PATH(int, __xstat, -1, 0, (int version, const char *path, struct stat *to), (version, path, to), path)
BY_PATH(int, __xstat64, -1, 0, (int version, const char *path, struct stat64 *to), (version, path, to), path)
BY_PATH(int, __lxstat, -1, 0, (int version, const char *path, struct stat *to), (version, path, to), path)
BY_PATH(int, __lxstat64, -1, 0, (int version, const char *path, struct stat64 *to), (version, path, to), path)
BY_PATH(ssize_t, readlink, -1, 0, (const char *path, char *to, size_t size), (path, to, size), path)

AT_FOLDER(renameat, NEEDS_SPACE, (int at, const char *path, int other, const char *to), (at, path, other, to), at, path)
AT_FOLDER(unlinkat, 0, (int at, const char *path, int flags), (at, path, flags), at, path)
AT_FOLDER(mkdirat, NEEDS_SPACE, (int at, const char *path, mode_t mode), (at, path, mode), at, path)
AT_FOLDER(fchmodat, 0, (int at, const char *path, mode_t mode, int flags), (at, path, mode, flags), at, path)
AT_FOLDER(faccessat, 0, (int at, const char *path, int how, int flags), (at, path, how, flags), at, path)
AT_FOLDER(fstatat, 0, (int at, const char *path, struct stat *to, int flags), (at, path, to, flags), at, path)
AT_FOLDER(fstatat64, 0, (int at, const char *path, struct stat64 *to, int flags), (at, path, to, flags), at, path)

DIR *opendir(const char *path) {
  REAL(DIR *, opendir, const char *);
  int is_ours = is_below(path);
  if (is_ours && strikes("opendir", path, 0)) return NULL;
  DIR *found = real(path);
  if (found) watch(dirfd(found), is_ours);
  return found;
}

BY_DESCRIPTOR(struct dirent *, readdir, NULL, 0, (DIR *entries), (entries), dirfd(entries))
BY_DESCRIPTOR(struct dirent64 *, readdir64, NULL, 0, (DIR *entries), (entries), dirfd(entries))

/* The C library closes the descriptor of a folder without asking here. */
int closedir(DIR *entries) {
  REAL(int, closedir, DIR *);
  watch(dirfd(entries), 0);
  return real(entries);
}
