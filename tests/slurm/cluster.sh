#!/usr/bin/env bash
# A Slurm cluster of one's own, on this computer alone and for as long as a test takes: no service is touched.
#   cluster.sh up FOLDER NODES    starts it and says how to reach it; exit code 77 and one line where that cannot be
#   cluster.sh down FOLDER        ends all that it started
#   cluster.sh kill-node FOLDER N kills node N as a power cut would: its daemon, its steps, its jobs
#   cluster.sh kill-controller|start-controller FOLDER
# Each node is a daemon with a port of its own and has one CPU. Without Debian's slurm-wlm there is none.
set -u
verb=$1 folder=$2
export SLURM_CONF=$folder/slurm.conf

cannot() { echo "no Slurm cluster can be started here: $*"; exit 77; }

# end PIDFILE...: at once; nothing of it is needed any more.
end() {
  local file
  for file in "$@"; do [[ -s $file ]] && kill -9 "$(< "$file")" && rm "$file"; done
} 2> /dev/null

# with_environment NAME=VALUE: the processes that have it, and the step daemons above them.
with_environment() {
  local process parent
  for process in $(grep -lzxF "$1" /proc/[0-9]*/environ); do
    process=${process//[^0-9]/}
    parent=$(sed -n 's/^PPid:\t//p' "/proc/$process/status")
    echo "$process"
    grep -qa '^slurmstepd' "/proc/$parent/cmdline" && echo "$parent"
  done
} 2> /dev/null

write_configuration() {
  local nodes=$1 port=$2 host
  host=$(hostname -s)
  cat > "$SLURM_CONF" << END
ClusterName=elbo
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$port
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
AuthType=auth/munge
AuthInfo=socket=$folder/run/munge
CredType=cred/munge
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool/%n
SlurmctldPidFile=$folder/run/controller
SlurmdPidFile=$folder/run/%n
SlurmctldLogFile=$folder/log/controller
SlurmdLogFile=$folder/log/%n
SlurmctldDebug=info
SlurmdDebug=info
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
SwitchType=switch/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=batch_sched_delay=0,sched_interval=1,sched_min_interval=0,bf_interval=1
SlurmdParameters=config_overrides
ReturnToService=2
SlurmdTimeout=5
SlurmctldTimeout=30
TCPTimeout=2
MessageTimeout=5
KillWait=2
JobRequeue=1
NodeName=node[1-$nodes] NodeHostname=$host NodeAddr=127.0.0.1 Port=[$((port + 1))-$((port + nodes))] CPUs=1 RealMemory=1024
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
END
}

start_munge() {
  (umask 077; head -c 1024 /dev/urandom > "$folder/munge/key")
  munged --force --num-threads=1 --key-file="$folder/munge/key" --socket="$folder/run/munge" \
    --pid-file="$folder/run/munged" --log-file="$folder/log/munged" --seed-file="$folder/munge/seed" 2> "$folder/log/munge"
}

is_up() {
  for ((i = 0; i < 75; ++i)); do
    [[ $(timeout 5 sinfo -h -N -t idle -o %N 2> /dev/null | wc -l) -eq $1 ]] && return
    sleep 0.2
  done
  return 1
}

start_all() {
  local nodes=$1
  # Below the ports that the system gives out by itself.
  write_configuration "$nodes" $((20000 + RANDOM % 12000))
  slurmctld || return
  for ((n = 1; n <= nodes; ++n)); do mkdir -p "$folder/spool/node$n" && slurmd -N "node$n" || return; done
  is_up "$nodes"
}

end_all() {
  end "$folder"/run/controller "$folder"/run/node*
  kill -9 $(with_environment "SLURM_CONF=$SLURM_CONF" | grep -vx $$) 2> /dev/null
}

case $verb in
  up)
    PATH+=:/usr/sbin
    for program in slurmctld slurmd munged; do
      command -v $program > /dev/null || cannot "$program is missing; install slurm-wlm"
    done
    mkdir -p "$folder"/{run,log,spool} && mkdir -m 700 "$folder"/{state,munge}
    start_munge || cannot "$(tail -n 1 "$folder/log/munge")"
    for attempt in 1 2 3; do  # another program may have the ports
      start_all "$3" 2> "$folder/log/start" && exit 0
      end_all
    done
    bash "$0" down "$folder"
    cannot "$(cat "$folder"/log/{start,controller,node1} 2> /dev/null | grep -i error | tail -n 1)"
    ;;
  down)
    end_all
    end "$folder/run/munged"
    ;;
  kill-node) kill -9 $(< "$folder/run/node$3") $(with_environment "SLURMD_NODENAME=node$3" | sort -u) ;;
  kill-controller) end "$folder/run/controller" ;;
  start-controller) PATH+=:/usr/sbin; slurmctld ;;
esac
exit 0
