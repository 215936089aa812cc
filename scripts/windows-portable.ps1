# Makes a folder for Windows that needs no installed Python: Python's own embeddable package, Efir and its packages.
# Usage, on any machine with PowerShell:  windows-portable.ps1 -Python python-3.13.1-embed-amd64.zip -Wheel efir_probe-0.1.0-py3-none-any.whl
# Check the zip against the signature on python.org first. Afterwards zip the folder "efir" and hand it on.
param([Parameter(Mandatory)][string]$Python, [Parameter(Mandatory)][string]$Wheel, [string]$Into = "efir")
$ErrorActionPreference = "Stop"
Expand-Archive $Python "$Into\python"
# The embeddable package looks only where this file says.
Get-ChildItem "$Into\python\python3*._pth" | Set-Content -Value "python3.zip`n.`n..\packages"
(Get-ChildItem "$Into\python\python3*.zip")[0] | Rename-Item -NewName "python3.zip"
python -m pip install --only-binary=:all: --platform win_amd64 --python-version 3.13 --target "$Into\packages" -c constraints.txt $Wheel
# What a double click starts: the page in the browser. The state stays in the folder, so that deleting the folder deletes everything of ours.
Set-Content "$Into\Efir.cmd" "@echo off`r`ntitle Efir`r`ncd /d %~dp0`r`nset EFIR_STATE=%~dp0state`r`npython\python.exe -m efir ui || pause"
