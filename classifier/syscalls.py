"""Which system calls a parser may not make, as data, and the kernel filter made of it.

A deny-list for the calls that existed in 2018, whose numbers differ by machine; an allow-list for the newer ones
(424 and above, the same numbers everywhere), so that a call invented tomorrow is refused today.
Sources: asm/unistd_64.h, asm-generic/unistd.h, seccomp(2).
"""

from __future__ import annotations

import errno
import struct
from collections.abc import Iterable

# name:number on x86_64:number on aarch64 ("-" where the machine never had the call)
_DENIED = {
    "network": """
        socket:41:198 socketpair:53:199 connect:42:203 bind:49:200 listen:50:201 accept:43:202
        accept4:288:242 sendto:44:206 sendmsg:46:211 sendmmsg:307:269
    """,
    "processes": """
        fork:57:- vfork:58:- execve:59:221 execveat:322:281 kill:62:129 tkill:200:130
        rt_sigqueueinfo:129:138 rt_tgsigqueueinfo:297:240 ptrace:101:117 process_vm_readv:310:270
        process_vm_writev:311:271 kcmp:312:272 setsid:112:157 setpgid:109:154 setpriority:141:140
        ioprio_set:251:30 personality:135:92 sched_setscheduler:144:119 sched_setparam:142:118
        sched_setattr:314:274 migrate_pages:256:238 move_pages:279:239 unshare:272:97 setns:308:268
        timer_create:222:107
    """,
    "files": """
        chmod:90:- fchmod:91:52 fchmodat:268:53 chown:92:- fchown:93:55 lchown:94:- fchownat:260:54
        utime:132:- utimes:235:- futimesat:261:- utimensat:280:88 setxattr:188:5 lsetxattr:189:6
        fsetxattr:190:7 removexattr:197:14 lremovexattr:198:15 fremovexattr:199:16 rename:82:-
        renameat:264:38 renameat2:316:276 link:86:- linkat:265:37 symlink:88:- symlinkat:266:36 mkdir:83:-
        mkdirat:258:34 rmdir:84:- unlink:87:- unlinkat:263:35 mknod:133:- mknodat:259:33 creat:85:-
        truncate:76:45 ftruncate:77:46 fallocate:285:47 flock:73:32 open_by_handle_at:304:265
        name_to_handle_at:303:264 inotify_init:253:- inotify_init1:294:26 inotify_add_watch:254:27
        fanotify_init:300:262 fanotify_mark:301:263 memfd_create:319:279 sync:162:81 syncfs:306:267
        copy_file_range:326:285 sendfile:40:71 splice:275:76 tee:276:77 vmsplice:278:75
    """,
    "system": """
        mount:165:40 umount2:166:39 pivot_root:155:41 chroot:161:51 swapon:167:224 swapoff:168:225
        reboot:169:142 sethostname:170:161 setdomainname:171:162 settimeofday:164:170 clock_settime:227:112
        adjtimex:159:171 clock_adjtime:305:266 acct:163:89 quotactl:179:60 syslog:103:116
        init_module:175:105 finit_module:313:273 delete_module:176:106 kexec_load:246:104
        kexec_file_load:320:294 iopl:172:- ioperm:173:- bpf:321:280 perf_event_open:298:241
        userfaultfd:323:282 add_key:248:217 request_key:249:218 keyctl:250:219 lookup_dcookie:212:18
        vhangup:153:58 io_setup:206:0 io_submit:209:2 modify_ldt:154:- seccomp:317:277
    """,
    "rights": """
        setuid:105:146 setgid:106:144 setreuid:113:145 setregid:114:143 setresuid:117:147 setresgid:119:149
        setfsuid:122:151 setfsgid:123:152 setgroups:116:159 capset:126:91
    """,
    "queues": """
        shmget:29:194 shmat:30:196 shmctl:31:195 semget:64:190 semop:65:193 semctl:66:191 semtimedop:220:192
        msgget:68:186 msgsnd:69:189 msgrcv:70:188 msgctl:71:187 mq_open:240:180 mq_unlink:241:181
    """,
}
_MODERN_ALLOWED = (436, 439, 441, 449, 454, 455, 456)  # close_range, faccessat2, epoll_pwait2, four kinds of futex wait
_FIRST_MODERN = 424
_X32 = 0x40000000  # calls of the 32-bit face of x86_64 start here

# machine → (position in the table, AUDIT_ARCH of <linux/audit.h>)
TABLES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
_INSPECTED = {  # calls judged by an argument
    "clone": (56, 220),
    "open": (2, None),
    "openat": (257, 56),
    "ioctl": (16, 29),
    "fcntl": (72, 25),
    "prctl": (157, 167),
    "prlimit64": (302, 261),
    "tgkill": (234, 131),
}
_THREAD = 0x10000  # CLONE_THREAD: a thread dies with its process, so parsers may have some
_WRITING = 0o1 | 0o2 | 0o100 | 0o1000  # O_WRONLY, O_RDWR, O_CREAT, O_TRUNC
_IOCTLS = (0x5401, 0x541B, 0x5450, 0x5451)  # is it a terminal, how much is there to read, close-on-exec on and off
_FCNTLS = (0, 1, 2, 3, 4, 1030)  # duplicate, descriptor flags, status flags; no locks, leases, owners, notifications
_PRCTLS = (3, 15, 16, 21, 23, 39, 0x53564D41)  # ask, or name a thread or a stretch of memory

_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06  # BPF_LD|W|ABS, JMP|JEQ, JGE, JSET, RET


def program(machine: str, pid: int) -> bytes:
    """Assemble the filter for process ``pid`` on ``machine`` (a key of ``TABLES``): 8 bytes an instruction.

    A refused call gives EPERM (ENOSYS where a library then falls back to an older call); a call made for a
    foreign machine kills the process.
    """
    column, audit = TABLES[machine]
    code = [_op(_LOAD, 4), _op(_EQUAL, audit, 1, 0), _op(_RETURN, _KILL), _op(_LOAD, 0)]
    if machine == "x86_64":
        code += [_op(_AT_LEAST, _X32, 0, 1), _refuse(errno.EPERM)]
    for number in denied(column):
        code += [_op(_EQUAL, number, 0, 1), _refuse(errno.EPERM)]
    modern = [*_allow_only(_MODERN_ALLOWED), _refuse(errno.ENOSYS)]
    code += [_op(_AT_LEAST, _FIRST_MODERN, 0, len(modern)), *modern]
    for name, block in _inspections(pid).items():
        number_here = _INSPECTED[name][column]
        if number_here is not None:
            code += [_op(_EQUAL, number_here, 0, len(block)), *block]
    return b"".join([*code, _op(_RETURN, _ALLOW)])


def _inspections(pid: int) -> dict[str, list[bytes]]:
    no = _refuse(errno.EPERM)
    yes = _op(_RETURN, _ALLOW)
    return {
        "clone": [_argument(0), _op(_ANY_BIT, _THREAD, 0, 1), yes, no],
        "open": [_argument(1), _op(_ANY_BIT, _WRITING, 0, 1), no, yes],
        "openat": [_argument(2), _op(_ANY_BIT, _WRITING, 0, 1), no, yes],
        "ioctl": [_argument(1), *_allow_only(_IOCTLS), _refuse(errno.ENOTTY)],
        "fcntl": [_argument(1), *_allow_only(_FCNTLS), no],
        "prctl": [_argument(0), *_allow_only(_PRCTLS), no],
        "prlimit64": [_argument(0), *_allow_only((0,)), no],
        "tgkill": [_argument(0), *_allow_only((pid,)), no],  # a process may only end itself
    }


def denied(column: int) -> Iterable[int]:
    """Give the numbers of the calls that are refused outright, for one column of the table."""
    for group in _DENIED.values():
        for entry in group.split():
            number = entry.split(":")[1 + column]
            if number.isdigit():
                yield int(number)


def _allow_only(values: Iterable[int]) -> list[bytes]:
    return [step for value in values for step in (_op(_EQUAL, value, 0, 1), _op(_RETURN, _ALLOW))]


def _argument(index: int) -> bytes:
    return _op(_LOAD, 16 + 8 * index)  # the low half; flags and numbers looked at here have no high half


def _refuse(number: int) -> bytes:
    return _op(_RETURN, _ERRNO | number)


def _op(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("HBBI", code, if_true, if_false, value)
